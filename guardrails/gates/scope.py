"""Gate `scope`: is the change of a size and a kind that a reviewer can see through?

It reads what was added, runs nothing and needs nothing of the repository. A change that is too large, that touches a
protected path or brings in what cannot be read goes to a person; what cannot be honest (text that shows in another
order than it runs, a link out of the repository) is blocked.
"""

import re
from collections import Counter
from collections.abc import Iterator

from guardrails.analysis.characters import Suspicion, confusable, identifiers, is_code, suspects
from guardrails.analysis.pathnames import collisions, escapes, hidden_characters, unportable
from guardrails.analysis.products import product_files
from guardrails.analysis.source import Sources, added_lines, is_python
from guardrails.gates.base import Bench, Profile
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE, ChangeKind, FileChange
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.scope import PROBES

LONG_LINE = 1000  # characters; people do not write such lines, generators and minifiers do

TOO_LARGE = Rule(
    "scope/too-large",
    Severity.REVIEW,
    "The change is larger than one review can hold",
    "What is wrong in a large change is found by nobody, and a large change is the place to hide a small one.",
    "Split it into changes that each do one thing, or ask a person who owns the code to approve it as one.",
    bad="1,600 changed lines over 70 files in one branch",
    good="the reformatting first, by itself, then the fix",
    limits="Files that match scope.generated do not count, nor do moves without a changed line.",
)
PROTECTED = Rule(
    "scope/protected-path",
    Severity.REVIEW,
    "A protected path is touched",
    "The owners of this repository said that a person must see every change to it.",
    "Take the change to this file out if the task did not ask for it; else ask the owner to approve it.",
    bad="a bug fix that also edits .github/workflows/ci.yml",
    good="the fix alone",
)
SYMLINK = Rule(
    "scope/symlink",
    Severity.REVIEW,
    "A symbolic link is added or changed",
    "A link makes one path answer for another, so a reader of the difference does not see what will be read or run.",
    "Put the file itself where it is needed, or ask a person to approve the link.",
)
SYMLINK_ESCAPES = Rule(
    "scope/symlink-escapes",
    Severity.BLOCK,
    "A symbolic link leads out of the repository",
    "What it stands for depends on the machine, and can be a secret of that machine.",
    "Remove the link, or point it at a file of this repository with a relative path.",
    bad="data -> /etc",
    good="data -> ../shared/data (inside the repository)",
)
SUBMODULE = Rule(
    "scope/submodule",
    Severity.REVIEW,
    "A submodule is added, moved or removed",
    "Its content is not part of the difference, so nobody who reviews the difference has seen it.",
    "Bring the dependency in through the lock file, or ask a person to approve the exact commit.",
)
BINARY = Rule(
    "scope/binary",
    Severity.REVIEW,
    "A binary file is added or changed",
    "Nobody can review it line by line, and it can carry code or a copied answer.",
    "Generate it from source in the build, add its kind to scope.binary in a change of its own, or ask a person.",
    limits="What git shows as binary; a file that an attribute declares so is reported too.",
)
BIDI = Rule(
    "scope/bidirectional-character",
    Severity.BLOCK,
    "A character that changes the order in which a line is shown is added",
    "The line that a reviewer sees is not the line that runs (Trojan Source).",
    "Remove the character; write it as an escape such as \\u202e where a string needs it.",
    limits="Outside code (documents, data) a person decides.",
)
INVISIBLE = Rule(
    "scope/invisible-character",
    Severity.BLOCK,
    "A character that cannot be seen is added",
    "Two texts that look the same are not, and instructions to tools can hide in it.",
    "Remove the character; write it as an escape such as \\u200b where a string needs it.",
    limits="Joiners in emoji and in scripts that need them are left alone. Outside code a person decides.",
)
CONTROL = Rule(
    "scope/control-character",
    Severity.REVIEW,
    "A control character is added",
    "Terminals and some readers act on it, so the difference does not show what the file holds.",
    "Remove the character; write it as an escape such as \\x1b where a string needs it.",
)
CONFUSABLE = Rule(
    "scope/confusable-identifier",
    Severity.REVIEW,
    "An identifier passes itself off as another",
    "Two names that look alike to a reader are different names to Python, or two that look different are the same.",
    "Write the identifier in ASCII.",
    bad="a function `raпk` whose third letter is Cyrillic beside `rank`",
    limits="Look-alikes of Latin letters in Cyrillic, Greek capitals, omicron and Armenian, and compatibility forms.",
)
ENCODING = Rule(
    "scope/odd-encoding",
    Severity.BLOCK,
    "A Python file is declared in an encoding other than UTF-8, Latin-1 or ASCII",
    "Under another codec the text that a reviewer sees is not the program that runs.",
    "Write the file in UTF-8 and remove the coding comment.",
)
EXECUTABLE = Rule(
    "scope/executable-bit",
    Severity.REVIEW,
    "The executable bit is set on a file that is no script",
    "A file without a `#!` line is not meant to be run; the bit can turn data or a hook into a program.",
    "Run `git update-index --chmod=-x PATH`, or begin the file with a `#!` line if it is a script.",
)
PRODUCT_DELETED = Rule(
    "scope/product-deleted",
    Severity.BLOCK,
    "The product is gone",
    "With nothing left to judge every other gate would have nothing to say against the change.",
    "Restore the package. If it is renamed, rename it in `project.packages` of guardrails.toml first, by itself.",
)
POLICY = Rule(
    "scope/policy-unreadable",
    Severity.BLOCK,
    "The policy that the change leaves behind cannot be read",
    "Once merged, every later change would be judged by nothing.",
    "Correct guardrails.toml: `guardrails check` names the key or the line.",
)
FILE_NAME = Rule(
    "scope/file-name",
    Severity.BLOCK,
    "A file name has characters that cannot be seen",
    "Such a name shows as another one in a difference, in a terminal and in a report.",
    "Rename the file with visible characters only.",
)
UNPORTABLE = Rule(
    "scope/unportable-name",
    Severity.REVIEW,
    "A file name means another file, or none, on another system",
    "On a system where case, a trailing dot or a device name counts differently one file takes the place of another.",
    "Rename the file so that its name is its own everywhere.",
)
LONG_LINES = Rule(
    "scope/unreadable-line",
    Severity.REVIEW,
    f"A line of more than {LONG_LINE} characters is added to source",
    "Minified and generated code cannot be reviewed, and a long line hides what stands at its end.",
    "Add the source that it was made from, or break the line.",
    limits="Files that match scope.generated, and lines that the base has too, do not count.",
)

RULES = (
    TOO_LARGE, PROTECTED, SYMLINK, SYMLINK_ESCAPES, SUBMODULE, BINARY, BIDI, INVISIBLE, CONTROL, CONFUSABLE, ENCODING,
    EXECUTABLE, PRODUCT_DELETED, POLICY, FILE_NAME, UNPORTABLE, LONG_LINES,
)  # fmt: skip
_BY_SUSPICION = {Suspicion.BIDI: BIDI, Suspicion.INVISIBLE: INVISIBLE, Suspicion.CONTROL: CONTROL}
_ENCODINGS = frozenset({"utf-8", "utf8", "latin-1", "latin1", "iso-8859-1", "ascii", "us-ascii"})
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_REGULAR = frozenset({0o100644, 0o100755})


class ScopeGate:
    """Size, protected paths, kinds of file, and characters that deceive."""

    name = "scope"
    title = "too large, protected paths, links, binaries, characters that deceive"
    cost = 0.1
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
        """Judge each file of the change, then the change as a whole."""
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        findings: list[Finding] = []
        lines = 0
        for file in bench.change.files:
            findings += _kind_of_file(file, bench, head)
            findings += _name(file)
            if file.kind is not ChangeKind.DELETED and file.head_mode in _REGULAR:
                added = list(added_lines(file, head))
                lines += len(added)
                findings += _characters(file, added, base, head)
                findings += _text(file, added, bench, base, head)
        findings += _whole(bench, base, head)
        owed = sum(file.added for file in bench.change.files if file.head_mode in _REGULAR)
        files = len(bench.change.files)
        return Outcome({"files": files, "lines": lines}, {"files": files, "lines": owed}, tuple(findings))


def _kind_of_file(file: FileChange, bench: Bench, head: Sources) -> Iterator[Finding]:
    """What the file is: a link, a submodule, a binary, a script."""
    path, link = file.path, bench.trees.head.link
    if file.head_mode == SYMLINK_MODE:
        target = link(path) or ""
        leads_out = escapes(path, link)
        rule = SYMLINK_ESCAPES if leads_out else SYMLINK
        where = "out of the repository" if leads_out else f"to {target}"
        what = f"{path} is a symbolic link {where} ({target!r})"
        yield rule.finding(what, path=path, reproduce=bench.change.diff(path))
    if SUBMODULE_MODE in {file.head_mode, file.base_mode} or path == ".gitmodules":
        yield SUBMODULE.finding(f"{path} is {file.kind} and is a submodule or names some", path=path)
    if file.binary and file.head_mode in _REGULAR and not matches(path, bench.policy.scope.binary):
        really = "\0" in (head.text(path) or "")
        what = f"{path} is a binary file" if really else f"{path} is text that git is told to show as binary"
        yield BINARY.finding(
            f"{what} and is {file.kind}", path=path, reproduce=bench.change.diff(path, options="--stat")
        )
    gains = file.head_mode == 0o100755 and file.base_mode != 0o100755
    if gains and not (head.text(path) or "").startswith("#!"):
        yield EXECUTABLE.finding(f"{path} becomes executable and has no `#!` line", path=path)


def _name(file: FileChange) -> Iterator[Finding]:
    """What is wrong with the name of a file that is new."""
    if file.kind not in {ChangeKind.ADDED, ChangeKind.RENAMED}:
        return
    hidden = hidden_characters(file.path)
    if hidden:
        yield FILE_NAME.finding(f"the file name {file.path!a} holds {hidden}", path=file.path)
    elif problem := unportable(file.path):
        yield UNPORTABLE.finding(f"in {file.path}: {problem}", path=file.path)


def _characters(file: FileChange, added: list[tuple[int, str]], base: Sources, head: Sources) -> Iterator[Finding]:
    """Suspicious characters that the file has more of than it had, at the first lines that add them."""
    if "\0" in (head.text(file.path) or "\0"):
        return
    had = Counter(s.character for line in base.lines(file.base_path) for s in suspects(line))
    have = Counter(s.character for line in head.lines(file.path) for s in suspects(line))
    new = have - had
    for number, line in added:
        for suspect in suspects(line):
            if new[suspect.character] <= 0 or (number == 1 and suspect.column == 1 and suspect.character == "\ufeff"):
                continue
            new[suspect.character] = 0  # one finding a character and file says it all
            rule = _BY_SUSPICION[suspect.suspicion]
            yield rule.finding(
                f"line {number} of {file.path} has {suspect.name} at column {suspect.column}",
                path=file.path,
                line=number,
                severity=rule.severity if is_code(file.path) else Severity.REVIEW,
                reproduce=f"sed -n '{number}p' '{file.path}' | cat -A",
            )
    if is_python(file.path) and any(not line.isascii() for _, line in added):
        yield from _identifiers(file.path, {number for number, _ in added}, head)


def _identifiers(path: str, added: set[int], head: Sources) -> Iterator[Finding]:
    """Identifiers on added lines that pass themselves off as others, each once."""
    source = head.text(path) or ""
    known = set(source.replace(".", " ").replace("(", " ").split())
    seen: set[str] = set()
    for number, word in identifiers(source):
        twin = confusable(word, known) if number in added and word not in seen else None
        if twin:
            seen.add(word)
            yield CONFUSABLE.finding(
                f"the identifier {word!r} ({word!a}) in {path} reads as {twin!r}", path=path, line=number
            )


def _text(
    file: FileChange, added: list[tuple[int, str]], bench: Bench, base: Sources, head: Sources
) -> Iterator[Finding]:
    """Encodings and lines that keep a reviewer from reading the source."""
    codec = _declared_codec(head.lines(file.path)) if is_python(file.path) else None
    if codec and codec not in _ENCODINGS and codec != _declared_codec(base.lines(file.base_path)):
        yield ENCODING.finding(f"{file.path} is declared to be in the encoding {codec!r}", path=file.path, line=1)
    if not is_code(file.path) or matches(file.path, bench.policy.scope.generated):
        return
    old = frozenset(line for line in base.lines(file.base_path) if len(line) > LONG_LINE)
    for number, line in added:
        if len(line) > LONG_LINE and line not in old:
            what = f"line {number} of {file.path} has {len(line)} characters"
            yield LONG_LINES.finding(what, path=file.path, line=number)
            return  # one finding a file says it all


def _declared_codec(lines: list[str]) -> str | None:
    """The encoding that one of the first two lines declares (PEP 263), in lower case with hyphens."""
    for line in lines[:2]:
        found = _CODING.match(line)
        if found:
            return found[1].lower().replace("_", "-")
    return None


def _whole(bench: Bench, base: Sources, head: Sources) -> Iterator[Finding]:
    """What is wrong with the change as a whole."""
    yield from _size(bench)
    yield from _protected(bench)
    new = frozenset(f.path for f in bench.change.files if f.kind in {ChangeKind.ADDED, ChangeKind.RENAMED})
    for path, other in collisions(head.paths, new):
        what = f"{path} and {other} are one file where case does not count"
        yield UNPORTABLE.finding(what, path=path)
    yield from _gone(bench, base, head)
    if bench.head_policy is None:
        yield POLICY.finding(
            "guardrails.toml of the head cannot be read",
            path="guardrails.toml",
            reproduce="guardrails check --only scope",
        )


def _size(bench: Bench) -> Iterator[Finding]:
    """More files or lines than the policy allows, generated files and pure moves aside."""
    limits = bench.policy.scope
    counted = [f for f in bench.change.files if not matches(f.path, limits.generated)]
    files = sum(1 for f in counted if f.kind is not ChangeKind.RENAMED or f.changed_lines or f.binary)
    lines = sum(f.changed_lines for f in counted)
    over = [
        f"{count} {noun} changed, and the limit is {limit}"
        for count, noun, limit in ((files, "files", limits.max_files), (lines, "lines", limits.max_lines))
        if count > limit
    ]
    if over:
        yield TOO_LARGE.finding("; ".join(over), reproduce=bench.change.diff(options="--shortstat"))


def _protected(bench: Bench) -> Iterator[Finding]:
    """Protected paths, each with the pattern that protects it; who may approve is protected without being named."""
    signers = bench.policy.approvals.allowed_signers
    patterns = (*bench.policy.scope.protected, *([signers] if signers else []))
    for file in bench.change.files:
        for path in dict.fromkeys((file.path, file.base_path)):
            pattern = next((p for p in patterns if matches(path, (p,))), None)
            if pattern:
                yield PROTECTED.finding(
                    f"{path} is {file.kind} and is protected by the pattern {pattern!r}",
                    path=path,
                    reproduce=bench.change.diff(path),
                )


def _gone(bench: Bench, base: Sources, head: Sources) -> Iterator[Finding]:
    """Packages of the product of which nothing is left."""
    project = bench.policy.project
    for name in project.packages or ("",):
        chosen = (name,) if name else ()
        before = product_files(sorted(base.paths), chosen, project.judges)
        if before and not product_files(sorted(head.paths), chosen, project.judges):
            what = f"the package {name}" if name else "every package of the product"
            yield PRODUCT_DELETED.finding(f"{what} is deleted ({len(before)} Python files)", path=before[0])
