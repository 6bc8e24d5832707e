"""Gate `secrets`: does the change bring in a credential?

Only lines that the change adds are looked at. A value that is found is never shown: a finding has its kind, its first
four characters and its length. What is made up, a reference or a name is left alone.
"""

import re
from collections.abc import Iterator

from guardrails.analysis.credentials.made_up import example, local_address, masked, token_example, word_is_credential
from guardrails.analysis.credentials.silenced import allowances, assigns, is_baseline, is_credential_file, let_off
from guardrails.analysis.source import Sources, added_lines
from guardrails.errors import ToolMissingError
from guardrails.gates.base import Bench, Profile
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE, ChangeKind, FileChange
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import SecretHit
from guardrails.probes.secrets import PROBES

_ROTATE = "Take the value out of the commit (not only out of the newest file), and have it revoked: it counts as known."
TOKEN = Rule(
    "secrets/token",
    Severity.BLOCK,
    "A provider's key or token is added",
    "Whoever can read the repository, or any copy of its history, can use it.",
    f"{_ROTATE} Read it from the environment or a secret store.",
    bad='AWS_ACCESS_KEY_ID = "AKIA…" written out in a file',
    good='AWS_ACCESS_KEY_ID = os.environ["AWS_ACCESS_KEY_ID"]',
    limits="By the forms of the providers; not what is split or encoded. In tests, or JSON web tokens: for a person.",
)
PRIVATE_KEY = Rule(
    "secrets/private-key",
    Severity.BLOCK,
    "A private key is added",
    "Whoever can read the repository can act as the key's owner, also after the file is deleted again.",
    _ROTATE,
    bad="-----BEGIN PRIVATE KEY----- and its lines in deploy/key.pem",
    good="the path of a key that the machine holds",
    limits="In tests it is a note. A mention without the key's lines is no finding.",
)
PASSWORD = Rule(
    "secrets/password",
    Severity.REVIEW,
    "A password or another credential is written out",
    "If it opens anything, whoever can read the repository can open it too.",
    "Read it from the environment or a secret store; if it is made up, let it say so (`example`, `changeme`).",
    bad='DB_PASSWORD = "hT7…"; postgresql://shop:hT7…@db.shop.io/shop',
    good='DB_PASSWORD = os.environ["DB_PASSWORD"]; postgresql://shop:shop@localhost/shop',
    limits="By the word beside the value. Tests, examples, local hosts, names and digests are left alone.",
)
FILE = Rule(
    "secrets/credential-file",
    Severity.REVIEW,
    "A file is added whose kind is to hold credentials",
    "Such files are made for one machine and are committed by mistake.",
    "Take it out and ignore it; commit a template without values (.env.example) instead.",
    bad=".env, id_rsa, .pypirc, keys.p12",
    good=".env.example",
    limits="By name. In tests it is a note.",
)
SUPPRESSED = Rule(
    "secrets/suppressed",
    Severity.REVIEW,
    "A comment tells scanners of secrets to look away",
    "The change that brings a value in does not decide that it is harmless.",
    "Take the comment out, or ask a person to confirm that the value opens nothing.",
    bad='KEY = "…"  # pragma: allowlist secret',
    good='KEY = os.environ["KEY"]',
)
BASELINE = Rule(
    "secrets/baseline-grown",
    Severity.REVIEW,
    "The list of secrets that scanners leave alone grows",
    "Everything on that list is let through from now on, here and in every later change.",
    "Remove the secret, not the finding, or ask a person to approve the entry.",
    bad="a new entry in .secrets.baseline or .gitleaksignore",
    good="an entry removed",
)

RULES = (TOKEN, PRIVATE_KEY, PASSWORD, FILE, SUPPRESSED, BASELINE)
_BY_FAMILY = {"token": TOKEN, "private key": PRIVATE_KEY, "address": PASSWORD, "word": PASSWORD}
_BODY = re.compile(r"""^(?:\\[nr]|[\s"'+,])*[A-Za-z0-9+/=]{30,}(?:\\[nr]|[\s"'+,)\]]|-----.*|$)""")
_NEAR = 8  # lines after a key's first that may be its headers


class SecretsGate:
    """Credentials on added lines."""

    name = "secrets"
    title = "keys, tokens, passwords and private keys on added lines, and comments that hide them"
    cost = 0.2
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Only an empty difference leaves nothing to do."""
        if bench.change.files:
            return None
        return Skip(SkipReason.INPUTS_UNCHANGED, "the difference between base and head is empty")

    def run(self, bench: Bench) -> Outcome:
        """Look at the added lines of every file.

        Raises:
            ToolMissingError: there is no scanner.
        """
        if bench.secrets is None:
            raise ToolMissingError("there is no scanner of secrets. Install detect-secrets 1.5 or later.")
        bench.secrets.scan("", [(1, "")])  # a missing library shows also where no line is added
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        old = "\n".join(base.text(f.base_path) or "" for f in bench.change.files if f.kind is not ChangeKind.ADDED)
        findings: list[Finding] = []
        files = lines = owed = 0
        for file in bench.change.files:
            files += 1
            if file.kind is ChangeKind.DELETED or file.head_mode in {SYMLINK_MODE, SUBMODULE_MODE}:
                continue
            added = list(added_lines(file, head))
            lines, owed = lines + len(added), owed + file.added
            findings += _whole_file(file, bench, base, head)
            if "\0" not in (head.text(file.path) or "") and not matches(file.path, bench.policy.secrets.ignore):
                findings += _lines(file, added, bench, old, head)
        floor = {"files": len(bench.change.files), "lines": owed}
        return Outcome({"files": files, "lines": lines}, floor, tuple(findings))


def _whole_file(file: FileChange, bench: Bench, base: Sources, head: Sources) -> Iterator[Finding]:
    """What the file is as a whole: one that holds credentials, or one that lets them off."""
    path, diff = file.path, bench.change.diff(file.path, options="--stat")
    if is_baseline(path):
        more = let_off(path, head.text(path)) - let_off(file.base_path, base.text(file.base_path))
        if more:
            yield BASELINE.finding(f"{path} lets {len(more)} more through", path=path, reproduce=diff)
    text = head.text(path) or ""
    if (
        file.kind is ChangeKind.ADDED
        and is_credential_file(path)
        and ("\0" in text or assigns(text) or "env" not in path)
    ):
        made_up = matches(path, bench.policy.secrets.tests)
        severity = Severity.NOTE if made_up or not text.strip() else None
        yield FILE.finding(f"{path} is added", path=path, severity=severity, reproduce=diff)


def _lines(file: FileChange, added: list[tuple[int, str]], bench: Bench, old: str, head: Sources) -> Iterator[Finding]:
    """Credentials on the added lines, and comments there that let them through. What `old` holds is no news."""
    assert bench.secrets is not None
    path, source = file.path, head.text(file.path) or ""
    allowed = allowances(path, source)
    numbers = {number for number, _ in added}
    said = {number for number in allowed if number in numbers}
    texts = dict(added)
    hidden: set[int] = set()
    for hit in bench.secrets.scan(path, added):
        severity = _severity(hit, texts[hit.line], file, bench, head)
        if severity is None or (hit.value in old and hit.family != "private key"):
            continue
        rule, what = _BY_FAMILY[hit.family], f"line {hit.line} of {path} holds a value of the kind {hit.kind}"
        if hit.family != "private key":
            what += f": {masked(hit.value)}"
        if hit.line in allowed and severity is not Severity.NOTE:
            hidden.add(hit.line)
            yield SUPPRESSED.finding(f"{what}, and a comment lets it through", path=path, line=hit.line)
        else:
            yield rule.finding(what, path=path, line=hit.line, severity=severity)
    for number in sorted(said - hidden):
        yield SUPPRESSED.finding(f"line {number} of {path} says {allowed[number]!r}", path=path, line=number)


def _severity(hit: SecretHit, line: str, file: FileChange, bench: Bench, head: Sources) -> Severity | None:
    """How grave a hit is; None where it is no credential."""
    tests = matches(file.path, bench.policy.secrets.tests)
    match hit.family:
        case "private key":
            if not _has_body(hit, line, head.lines(file.path)):
                return None
            return Severity.NOTE if tests else Severity.BLOCK
        case "token":
            if token_example(hit.value):
                return None
            return Severity.REVIEW if tests or hit.kind == "JSON Web Token" else Severity.BLOCK
        case "address":
            rest = line.partition(hit.value + "@")[2]
            user = line.partition(":" + hit.value + "@")[0].rpartition("//")[2]
            if tests or example(hit.value) or local_address(rest) or hit.value == user:
                return None
        case _:
            if tests or matches(file.path, bench.policy.dependencies.locks) or not word_is_credential(hit.value, line):
                return None
    return Severity.REVIEW


def _has_body(hit: SecretHit, line: str, lines: list[str]) -> bool:
    """Whether a key follows its first line: base64 on a line soon after, or on the same line behind escapes."""
    near = [line.partition(hit.value)[2], *lines[hit.line : hit.line + _NEAR]]
    return any(_BODY.match(text) for text in near)
