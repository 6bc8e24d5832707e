"""Gate `lint`: ruff over the head, with the base's configuration and, where it differs, with the head's own.

Only what is new against the base is found, so old debt blocks nobody. A file that does not parse always is. Ruff's
configuration is taken out of the tree and given by hand: a configuration file that the head adds cannot switch off the
base's. Measured with ruff 0.17: with `--config FILE` no other configuration is looked for, relative patterns count from
the working directory, and `extend` counts from FILE.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from guardrails.analysis import ruff
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.suppressions import blanket_noqa
from guardrails.analysis.violations import Violation, fresh, relative
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.gates.base import Bench, Profile
from guardrails.model.change import ChangeKind
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import Command, Completed
from guardrails.probes.lint import PROBES

SYNTAX = Rule(
    "lint/syntax-error",
    Severity.BLOCK,
    "A Python file does not parse",
    "What does not parse cannot run, and no other gate can judge it.",
    "Correct the syntax on the line that is named.",
    bad="def rank(:",
    good="def rank():",
    limits="Judged under the newest grammar that ruff knows, unless the configuration sets a target version.",
)
VIOLATION = Rule(
    "lint/violation",
    Severity.BLOCK,
    "A lint rule of this repository is violated anew",
    "The owners of this repository chose this rule, and the base does not have this violation.",
    "Change the code as the message says; `ruff rule CODE` explains the rule.",
    bad="an import that nothing uses",
    good="the import removed",
    limits="As many violations of one rule in one file as the base has are taken to be the old ones.",
)
UNFORMATTED = Rule(
    "lint/unformatted",
    Severity.BLOCK,
    "A file is not formatted as its base was",
    "Formatting by hand makes later differences larger than what they change.",
    "Run `ruff format PATH`.",
    limits="Only where the base's file is formatted (for a new file: where nearly all of the base is).",
)
FILE_NOQA = Rule(
    "lint/file-suppressed",
    Severity.BLOCK,
    "All lint rules are switched off for a file",
    "A blanket `noqa` for a file hides every fault in it, those of later changes too.",
    "Remove the comment; correct what it hides, or suppress one rule on one line with its reason.",
    bad="# ruff: noqa",
    good="import shop  # noqa: F401 - re-exported",
)
CONFIGURATION = Rule(
    "lint/configuration-unreadable",
    Severity.BLOCK,
    "Ruff cannot read the configuration that the change leaves behind",
    "Once merged, nothing would be linted.",
    "Correct the key or the selector that ruff names.",
)

RULES = (SYNTAX, VIOLATION, UNFORMATTED, FILE_NOQA, CONFIGURATION)
_FORMATTED_SHARE = 0.95
_FILES_A_RUN = 500  # names on one command line
_OUTPUT_LIMIT = 256_000_000  # a repository full of old debt; each report carries its fix
_KIND = "ruff"
_SAMPLES = frozenset(
    {"data", "testdata", "test_data", "fixtures", "samples", "snippets", "cases", "inputs", "canaries"}
)


@dataclass(frozen=True, slots=True)
class _Linted:
    """One configuration over one tree: the files that it names, and what is wrong with them."""

    files: frozenset[str]
    violations: tuple[Violation, ...]


class _Ruff:
    """Ruff with one tree's configuration, over any tree."""

    def __init__(self, bench: Bench, configured: Sources, scratch: Path) -> None:
        self._bench = bench
        self._places = ruff.configurations(configured)
        self._scratch = scratch
        self.formats = bench.policy.lint.format and bool(self._places) and not ruff.uses_another_formatter(configured)
        self._texts = ruff.texts(configured)
        for path, text in self._texts.items():
            bench.store.write(scratch / path, text)

    def over_base(self, base: Sources) -> _Linted:
        """The same for the base, from the cache if it was asked before: by tree, configuration and version of ruff."""
        version = _run_ruff(self._bench, base.tree.root, ("--version",))
        parts = [base.tree.digest, sorted(self._texts.items()), self._directories(base), version]
        key = hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()
        place = self._bench.store.get(_KIND, key)
        if place is not None and (text := self._bench.store.read(place / "result.json")) is not None:
            known = json.loads(text)
            return _Linted(frozenset(known["files"]), tuple(Violation(**entry) for entry in known["violations"]))
        linted = self.over(base)
        result = {"files": sorted(linted.files), "violations": [asdict(v) for v in linted.violations]}
        self._bench.store.write(self._scratch / "entry" / "result.json", json.dumps(result))
        self._bench.store.put(_KIND, key, self._scratch / "entry")
        return linted

    def over(self, sources: Sources) -> _Linted:
        """Check every file of a tree that the configuration names."""
        files: set[str] = set()
        found: list[Violation] = []
        for directory in self._directories(sources):
            arguments = ("check", *self._arguments(directory))
            listed = self._run(sources, directory, (*arguments, "--show-files", ".")).splitlines()
            root = str(sources.tree.root)
            files |= {path for line in listed if self._owns(directory, path := relative(line, root, sources.paths))}
            answer = self._run(sources, directory, (*arguments, "--output-format", "json", "."))
            found += [v for v in ruff.violations(answer, root, sources.paths) if self._owns(directory, v.path)]
        return _Linted(frozenset(files & sources.paths), tuple(found))

    def unformatted(self, sources: Sources, paths: Iterable[str]) -> frozenset[str]:
        """Which of the files `ruff format` would change; a file that the configuration excludes is none."""
        wanted = frozenset(paths)
        found: set[str] = set()
        for directory in self._directories(sources):
            inside = sorted(path for path in wanted if self._owns(directory, path))
            for start in range(0, len(inside), _FILES_A_RUN):
                names = [str(sources.tree.root / path) for path in inside[start : start + _FILES_A_RUN]]
                arguments = ("format", "--check", *self._arguments(directory), "--force-exclude")
                answer = self._run(sources, directory, (*arguments, "--output-format", "concise", *names))
                found |= ruff.unformatted(answer, directory, str(sources.tree.root), sources.paths)
        return frozenset(found)

    def _directories(self, sources: Sources) -> list[str]:
        """Where a configuration begins to hold: the root, and each directory that has its own and in which the change
        touches a Python file. In any other both trees are the same, so nothing can be new there."""
        nested = [d for d in self._places if d and any(self._owns(d, path) for path in self._bench.change.paths)]
        return [d for d in ("", *nested) if any(self._owns(d, path) for path in sources.paths)]

    def _owns(self, directory: str, path: str) -> bool:
        """Whether a Python file's nearest configuration is that of `directory`."""
        parents = (path.rsplit("/", n)[0] for n in range(1, path.count("/") + 1))
        return is_python(path) and next((p for p in parents if p in self._places), "") == directory

    def _arguments(self, directory: str) -> tuple[str, ...]:
        place = self._places.get(directory)
        config = ("--config", str(self._scratch / place)) if place else ruff.MINIMAL
        return (*config, "--no-cache", "--no-respect-gitignore")

    def _run(self, sources: Sources, directory: str, arguments: tuple[str, ...]) -> str:
        return _run_ruff(self._bench, sources.tree.root / directory, arguments)


def _run_ruff(bench: Bench, cwd: Path, arguments: tuple[str, ...]) -> str:
    """Ruff's standard output.

    Raises:
        _UnreadableError: its configuration cannot be read.
        JudgementError: it crashed, took too long or said more than can be held.
    """
    done = _start_ruff(bench, cwd, arguments)
    if done.exit_code in (0, 1) and not done.truncated:
        return done.stdout
    if done.exit_code == 2 and any(word in done.stderr for word in ("configuration", "selector")):
        raise _UnreadableError(done.stderr.strip())
    if done.exit_code == 2 and arguments[0] == "format" and "invalid-syntax" in done.stdout:
        return done.stdout
    ended = (
        f"was stopped after {bench.policy.lint.timeout_seconds:g} s"
        if done.timed_out
        else f"ended with {done.exit_code}"
    )
    raise JudgementError(f"ruff {arguments[0]} {ended}: {done.stderr.strip()[-400:] or 'it said nothing'}")


def _start_ruff(bench: Bench, cwd: Path, arguments: tuple[str, ...]) -> Completed:
    """Run the program that stands beside the gate's interpreter, or else the interpreter with ruff's module.

    With `-I` nothing in the tree, which is the working directory, can stand in for ruff itself.
    """
    timeout = bench.policy.lint.timeout_seconds
    beside = (str(Path(bench.gate_python).parent / "ruff"),)
    try:
        return bench.processes.run(Command((*beside, *arguments), cwd, timeout=timeout, output_limit=_OUTPUT_LIMIT))
    except ToolMissingError:
        module = (bench.gate_python, "-I", "-m", "ruff")
        return bench.processes.run(Command((*module, *arguments), cwd, timeout=timeout, output_limit=_OUTPUT_LIMIT))


class _UnreadableError(JudgementError):
    """Ruff cannot read its configuration; the message is ruff's."""


class LintGate:
    """New violations of the repository's lint rules, and files that do not parse."""

    name = "lint"
    title = "new lint violations, syntax errors, formatting"
    cost = 0.3
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Only a repository without Python leaves nothing to do."""
        if any(is_python(path) for tree in (bench.trees.base, bench.trees.head) for path in tree.paths()):
            return None
        return Skip(SkipReason.SUBJECT_ABSENT, "neither the base nor the head has a Python file")

    def run(self, bench: Bench) -> Outcome:
        """Lint the head with the base's configuration, then with its own, and check the syntax of what changed."""
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        with bench.store.scratch() as scratch:
            anchored = _Ruff(bench, base, scratch / "base")
            before, after = anchored.over_base(base), anchored.over(head)
            findings, edited = _new_violations(bench, before, after, base, head, "the base's")
            if anchored.formats:
                findings += _formatting(bench, anchored, after, base, head)
            if ruff.relevant(base) != ruff.relevant(head):
                findings = _by_its_own(bench, findings, base, head, scratch / "head")
            changed = _changed(bench)
            unseen = {path: old for path, old in changed.items() if path not in after.files}
            findings += _syntax(bench, unseen, base, head)
        findings += _blanket(bench, base, head)
        notes = (f"{edited} old violations stand on lines that the change edits",) if edited else ()
        checked = len(after.files | set(changed))
        return Outcome({"files": checked}, {"files": len(before.files & head.paths)}, _once(findings), notes)


def _changed(bench: Bench) -> dict[str, str]:
    """Python files of the head that the change touches, each with its path in the base."""
    kept = (f for f in bench.change.files if f.kind is not ChangeKind.DELETED)
    return {f.path: f.base_path for f in kept if is_python(f.path) and f.head_mode in (0o100644, 0o100755)}


def _new_violations(
    bench: Bench, before: _Linted, after: _Linted, base: Sources, head: Sources, whose: str
) -> tuple[list[Finding], int]:
    """Findings for what the head has and the base has not, and the number of old ones on edited lines."""
    renamed = {f.base_path: f.path for f in bench.change.files if f.kind is ChangeKind.RENAMED}
    result = fresh(before.violations, after.violations, base.lines, head.lines, renamed)
    found = []
    for violation in result.new:
        rule = SYNTAX if violation.code == ruff.SYNTAX else VIOLATION
        found.append(
            rule.finding(
                f"{violation.code}: {violation.message}",
                path=violation.path,
                line=violation.line,
                why=f"{rule.why} (by {whose} configuration)",
                reproduce=f"ruff check '{violation.path}'",
            )
        )
    return found, result.edited


def _by_its_own(
    bench: Bench, findings: Sequence[Finding], base: Sources, head: Sources, scratch: Path
) -> list[Finding]:
    """The findings by the base's configuration and what the head's own finds new.

    A change may ask for a newer Python: what parses by its own configuration is then for a person, who sees the two
    together.
    """
    own = _Ruff(bench, head, scratch)
    try:
        before, after = own.over(base), own.over(head)
    except _UnreadableError as error:
        what = f"ruff cannot read the head's configuration: {error}"
        return [*findings, CONFIGURATION.finding(what, reproduce="ruff check")]
    parses = after.files - {violation.path for violation in after.violations if violation.code == ruff.SYNTAX}
    ours = [_newer_python(f) if f.rule == SYNTAX.id and f.path in parses else f for f in findings]
    return [*ours, *_new_violations(bench, before, after, base, head, "the change's own")[0]]


def _newer_python(finding: Finding) -> Finding:
    why = "It parses by the change's own configuration, which asks for a newer Python than the base does."
    return replace(finding, severity=Severity.REVIEW, why=why)


def _formatting(bench: Bench, anchored: _Ruff, after: _Linted, base: Sources, head: Sources) -> list[Finding]:
    """Changed files that are not formatted though their base was, or, being new, though the base is."""
    changed = {path: old for path, old in _changed(bench).items() if path in after.files}
    bad = anchored.unformatted(head, changed)
    if not bad:
        return []
    new = [path for path in bad if changed[path] not in base.paths]
    compared = {path for path in base.paths if is_python(path)} if new else {changed[path] for path in bad}
    old = anchored.unformatted(base, compared & base.paths)
    mostly = len(old) <= (1 - _FORMATTED_SHARE) * len(compared)
    return [
        UNFORMATTED.finding(f"{path} is not formatted", path=path, reproduce=f"ruff format --diff '{path}'")
        for path in sorted(bad)
        if (mostly if path in new else changed[path] not in old)
    ]


def _syntax(bench: Bench, changed: dict[str, str], base: Sources, head: Sources) -> list[Finding]:
    """Changed files that the configuration excludes and that do not parse, unless the base's did not either."""
    bad = _parse_errors(bench, head, changed)
    old = _parse_errors(bench, base, [changed[path] for path in bad if changed[path] in base.paths])
    return [
        SYNTAX.finding(
            f"{path} does not parse: {error.message}",
            path=path,
            line=error.line,
            severity=Severity.NOTE if _is_sample(path, bench) else None,
            reproduce=f"python -m py_compile '{path}'",
        )
        for path, error in bad.items()
        if changed[path] not in old
    ]


def _parse_errors(bench: Bench, sources: Sources, paths: Iterable[str]) -> dict[str, Violation]:
    """The first syntax error of each file that has one, under the newest grammar."""
    found: dict[str, Violation] = {}
    root, wanted = sources.tree.root, sorted(paths)
    for start in range(0, len(wanted), _FILES_A_RUN):
        names = [str(root / path) for path in wanted[start : start + _FILES_A_RUN]]
        arguments = ("check", *ruff.MINIMAL, "--no-cache", "--output-format", "json", *names)
        for violation in ruff.violations(_run_ruff(bench, root, arguments), str(root), sources.paths):
            if violation.code == ruff.SYNTAX:
                found.setdefault(violation.path, violation)
    return found


def _is_sample(path: str, bench: Bench) -> bool:
    """Whether a file is input of the tests rather than code: broken samples are honest there."""
    return matches(path, bench.policy.project.judges) and not _SAMPLES.isdisjoint(path.split("/")[:-1])


def _blanket(bench: Bench, base: Sources, head: Sources) -> list[Finding]:
    """Files for which all rules are switched off now and were not before."""
    found = []
    for path, old in _changed(bench).items():
        line = blanket_noqa(head.text(path) or "")
        if line is not None and blanket_noqa(base.text(old) or "") is None:
            what = f"line {line} of {path} switches off every lint rule for the file"
            found.append(FILE_NOQA.finding(what, path=path, line=line, reproduce=f"grep -n noqa '{path}'"))
    return found


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each rule and place, though two configurations report it."""
    kept: dict[tuple[str, str | None, int | None, str], Finding] = {}
    for finding in findings:
        syntax = finding.rule == SYNTAX.id
        kept.setdefault(
            (finding.rule, finding.path, None if syntax else finding.line, "" if syntax else finding.what), finding
        )
    return tuple(kept.values())
