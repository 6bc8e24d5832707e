"""detect-secrets' detectors as a `SecretScanner`: its expressions alone, never its requests to verify what it finds."""

import bisect
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.errors import ToolMissingError
from guardrails.ports import SecretHit

_DETECTORS = (
    "aws.AWSKeyDetector", "azure_storage_key.AzureStorageKeyDetector", "cloudant.CloudantDetector",
    "discord.DiscordBotTokenDetector", "github_token.GitHubTokenDetector", "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector", "mailchimp.MailchimpDetector", "npm.NpmDetector", "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector", "sendgrid.SendGridDetector", "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector", "stripe.StripeDetector", "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)  # fmt: skip
_LATER = {
    "GitHub Token": r"github_pat_[A-Za-z0-9_]{22,}",
    "Anthropic Key": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "OpenAI Token": r"sk-(?:proj|svcacct)-[A-Za-z0-9_-]{20,}",
    "Google API Key": r"AIza[0-9A-Za-z_-]{35}",
    "Google OAuth Secret": r"GOCSPX-[\w-]{20,}",
    "Hugging Face Token": r"hf_[A-Za-z0-9]{34}",
    "NPM Token": r"npm_[A-Za-z0-9]{36}",
    "Docker Hub Token": r"dckr_pat_[\w-]{27}",
    "DigitalOcean Token": r"do[opr]_v1_[a-f0-9]{64}",
    "Shopify Token": r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "Slack Token": r"xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+",
    "Databricks Token": r"dapi[a-f0-9]{32}",
    "age Key": r"AGE-SECRET-KEY-1[0-9A-Z]{58}",
}
"""Providers that came, or changed their form, after the library's newest release."""
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/?#@\"'`<>]{0,200}:([^\s/@\"'`<>]{1,500})@[\w.\[-]", re.IGNORECASE
)
_TOKEN = re.compile(
    r"(?i)(?:token|bearer|credentials?|authorization|passphrase|signing_\w+|webhook)\w*[\"'\]]*"
    r"(?:[ \t]*:[ \t]*\w[\w.\[\]| ]*)?[ \t]*(?:=>|[=:])[ \t]*"
    r"f?[\"'](?:bearer |token |basic )?(?=[^\"']*\d)([A-Za-z0-9+/_=.~-]{20,})[\"']"
)
_PLAIN = re.compile(
    r"(?i)(?:^|/)(?:\.env[^/]*|[^/]*\.(?:env|properties|conf|sh)|Dockerfile[^/]*|\.npmrc|\.pypirc|\.netrc)$"
)
_WIDE = 2000  # characters of a line at a time: the expressions take the square of its length over a hostile one
_LAP = 200
_RANDOM = 3.0  # bits a character: English words are below it, random text of 20 characters is above


@dataclass(frozen=True, slots=True)
class _Library:
    """What is used of the library: expressions of tokens by kind, and its detector of words."""

    tokens: tuple[tuple[str, re.Pattern[str]], ...]
    jwt: Any
    words: Any
    named: re.Pattern[str]
    groups: Mapping[Any, Any]
    file_type: Any
    entropy: Any


@functools.cache
def _library() -> _Library:
    """The library, imported when it is first needed: it takes a tenth of a second.

    Raises:
        ToolMissingError: it is not installed, or not in a release that is known.
    """
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString
        from detect_secrets.plugins.jwt import JwtTokenDetector
        from detect_secrets.plugins.keyword import DENYLIST, REGEX_BY_FILETYPE, KeywordDetector
        from detect_secrets.util.filetype import determine_file_type

        wanted = {name.partition(".")[2] for name in _DETECTORS}
        every: list[Any] = list(get_mapping_from_secret_type_to_class().values())
        classes = [one for one in every if one.__name__ in wanted]
    except (ImportError, AttributeError) as error:
        raise ToolMissingError(
            f"the library of the secrets gate is not usable ({error}). Install detect-secrets 1.5 or later."
        ) from error
    missing = wanted - {one.__name__ for one in classes}
    if missing:
        raise ToolMissingError(
            f"this release of detect-secrets has no {', '.join(sorted(missing))}. Install one from 1.5 on."
        )
    known = [(one.secret_type, expression) for one in classes for expression in one().denylist]
    known += [(kind, re.compile(text)) for kind, text in _LATER.items()]
    return _Library(
        tuple(known),
        JwtTokenDetector,
        KeywordDetector(),
        re.compile("|".join(DENYLIST), re.IGNORECASE),
        REGEX_BY_FILETYPE,
        determine_file_type,
        Base64HighEntropyString(limit=4.5).calculate_shannon_entropy,
    )


class DetectSecrets:
    """`SecretScanner` over detect-secrets."""

    def scan(self, path: str, lines: Sequence[tuple[int, str]]) -> Sequence[SecretHit]:
        """What stands on the lines of a file. The whole text is searched at once; only lines with a telling word one
        by one.

        Raises:
            ToolMissingError: the library is not installed.
        """
        library = _library()
        lines = [(n, part) for n, line in lines for part in _parts(line)]
        text = "\n".join(line for _, line in lines)
        starts = list(itertools.accumulate((len(line) + 1 for _, line in lines), initial=0))

        def at(offset: int) -> int:
            return bisect.bisect_right(starts, offset) - 1

        def number(offset: int) -> int:
            return lines[at(offset)][0]

        keys, addresses = _PRIVATE_KEY.finditer(text), _ADDRESS.finditer(text)
        hits = [SecretHit(number(m.start()), "Private Key", "private key", m[0]) for m in keys]
        hits += [SecretHit(number(m.start(1)), "Password in an address", "address", m[1]) for m in addresses]
        hits += _tokens(library, text, number)
        for index in sorted({at(m.start()) for m in library.named.finditer(text)}):
            hits += [
                SecretHit(lines[index][0], "Secret Keyword", "word", v) for v in _words(library, path, lines[index][1])
            ]
        for match in _TOKEN.finditer(text):
            if library.entropy(match[1]) >= _RANDOM:
                hits.append(SecretHit(number(match.start(1)), "High-entropy token", "word", match[1]))
        return _once(hits)


def _tokens(library: _Library, text: str, number: Callable[[int], int]) -> Iterator[SecretHit]:
    """Values that a provider's form gives away, standing by themselves."""
    for kind, expression in library.tokens:
        for match in expression.finditer(text):
            value = match[0]
            before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
            if before.isalnum() or after.isalnum() or "\n" in value:
                continue
            if kind == library.jwt.secret_type and not library.jwt.is_formally_valid(value):
                continue
            yield SecretHit(number(match.start()), kind, "token", value)


def _words(library: _Library, path: str, line: str) -> Iterator[str]:
    """Values beside a word such as `password`."""
    groups = library.groups.get(library.file_type("settings.ini" if _PLAIN.search(path) else path))
    yield from library.words.analyze_string(line, denylist_regex_to_group=groups)


def _parts(line: str) -> Iterator[str]:
    """A long line in pieces that overlap."""
    yield line[:_WIDE]
    yield from (line[start : start + _WIDE] for start in range(_WIDE - _LAP, len(line) - _LAP, _WIDE - _LAP))


def _once(hits: Sequence[SecretHit]) -> Sequence[SecretHit]:
    """Each value once a line, as the surest family that saw it."""
    kept: dict[int, list[SecretHit]] = {}
    for hit in hits:
        line = kept.setdefault(hit.line, [])
        if not any(hit.value in k.value or k.value in hit.value for k in line):
            line.append(hit)
    return [hit for number in sorted(kept) for hit in kept[number]]
