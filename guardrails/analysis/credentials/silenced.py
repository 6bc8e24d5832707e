"""Comments, baselines and files that tell a scanner of credentials to look away, and files that are made of them."""

import json
import re

from guardrails.analysis.source import is_python
from guardrails.analysis.suppressions import comments

_ALLOW = re.compile(
    r"(?i)pragma:?\s*(?:allow|white)list[ -]?(?P<next>next[ -]?line[ -]?)?\s*secret|gitleaks:allow"
    r"|trufflehog:ignore|ggignore"
)
_COMMENT = re.compile(r"(?:#|//|/\*|<!--|--|;)\s*(.*)$")
_BASELINES = re.compile(
    r"(?:^|/)(?:\.secrets\.baseline|\.gitleaksignore|\.gitleaks\.toml|\.trufflehog\S*|\.gitguardian\.ya?ml)$"
)
_FILES = re.compile(
    r"(?i)(?:^|/)(?:\.env(?:\.[\w-]+)*|[\w-]+\.env|id_(?:rsa|dsa|ecdsa|ed25519)|[^/]+\.(?:p12|pfx|jks|keystore|kdbx|ppk)|"
    r"\.netrc|\.pypirc|\.pgpass|\.htpasswd|\.git-credentials|\.dockercfg|credentials(?:\.json)?|"
    r"(?:service[-_]account|client[-_]secrets?)[^/]*\.json)$"
)
_TEMPLATE = re.compile(r"(?i)[._-](?:example|sample|template|dist|defaults?|tpl|test|ci)$")
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*[\"']?[^\s\"'#$]")


def allowances(path: str, source: str) -> dict[int, str]:
    """Lines of a file on which a comment lets a credential through, with the comment's words."""
    if not _ALLOW.search(source):
        return {}
    found: dict[int, str] = {}
    for line, text in _comments(path, source):
        match = _ALLOW.search(text)
        if match:
            found[line + bool(match["next"])] = match[0]
    return found


def _comments(path: str, source: str) -> list[tuple[int, str]]:
    if is_python(path):
        return list(comments(source))
    if path.endswith((".md", ".rst", ".txt")):
        return []  # prose may speak of such comments
    found = ((number, _COMMENT.search(line)) for number, line in enumerate(source.split("\n"), 1))
    return [(number, match[1]) for number, match in found if match]


def is_baseline(path: str) -> bool:
    """Whether a file lists what a scanner leaves alone."""
    return bool(_BASELINES.search(path))


def let_off(path: str, source: str | None) -> frozenset[str]:
    """What a baseline lets off, as one text for each entry."""
    if source is None:
        return frozenset()
    if path.endswith(".secrets.baseline"):
        try:
            table = json.loads(source)
            results = table.get("results", {})
            entries = {f"{p}: {e.get('type')} {e.get('hashed_secret')}" for p, found in results.items() for e in found}
            filters = {f"filter {json.dumps(f, sort_keys=True)}" for f in table.get("filters_used", ())}
            return frozenset(entries | filters)
        except (ValueError, AttributeError):
            return frozenset({f"not readable: {len(source)} characters"})
    return frozenset(line.strip() for line in source.split("\n") if line.strip() and not line.strip().startswith("#"))


def is_credential_file(path: str) -> bool:
    """Whether a file is of a kind that holds credentials and little else; templates of such files do not count."""
    return bool(_FILES.search(path)) and not _TEMPLATE.search(path)


def assigns(source: str) -> bool:
    """Whether a file of settings sets anything; an empty one, or one of references, gives nothing away."""
    return any(_ASSIGNED.match(line) for line in source.split("\n"))
