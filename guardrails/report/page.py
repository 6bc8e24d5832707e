"""What the reviewer's page shows of the change itself: its files with the findings at their lines, and what became of
tests, contracts and dependencies."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from guardrails.model.change import ChangeKind
from guardrails.model.contract import ASKED, Verified
from guardrails.model.difference import ContractField, Excerpt, Line, Role, ShownFile, ShownHunk, Swap
from guardrails.model.finding import Finding, Severity
from guardrails.model.verdict import Verdict
from guardrails.report import words
from guardrails.report.fingerprint import fingerprint
from guardrails.report.graph import Drawn, drawn

MOST_OPEN_FILES = 12
"""Files whose lines stand open: those with findings that somebody must act on, then the riskiest."""
MOST_OPEN_LINES = 400
"""Shown lines past which no further file stands open."""
_QUESTIONS = frozenset({"mutants/survivor", "mutants/not-covered"})
_ROLES: Mapping[Role, str] = {
    Role.PROTECTED: "decides how changes are judged",
    Role.PRODUCT: "product",
    Role.JUDGE: "tests and judges",
    Role.OTHER: "other",
    Role.GENERATED: "generated",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding beside a line or a file: what is shown of it, its place, and where on the page the whole of it is."""

    rule: str
    severity: str
    what: str
    anchor: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class FileView:
    """One file on the page. `flags` are its findings without a line that is shown, `at` those of a line."""

    id: str
    file: ShownFile
    role: str
    facts: str
    flags: tuple[Flag, ...]
    at: Mapping[int, tuple[Flag, ...]]
    is_open: bool

    @property
    def number(self) -> int:
        """How many findings it has."""
        return len(self.flags) + sum(len(flags) for flags in self.at.values())

    def at_line(self, line: Line) -> tuple[Flag, ...]:
        """The findings of one line; they count lines in the head, and in the base where the file is gone."""
        number = line.base if self.file.kind is ChangeKind.DELETED else line.head
        return self.at.get(number, ()) if number is not None else ()


@dataclass(frozen=True, slots=True)
class Tests:
    """Test functions that came, went and moved."""

    gone: tuple[Swap, ...]
    new: tuple[Swap, ...]
    moved: tuple[Swap, ...]


@dataclass(frozen=True, slots=True)
class Consumer:
    """What became of a consumer's expectations: how many were held against the head, and those that were not kept."""

    name: str
    held: int
    missed: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The page beside its findings and gates. `known` says that the lines of the change are at hand; `questions` are
    faults in changed lines that no test notices, and lines that none executes; `asked` counts what is asked of other
    services."""

    known: bool
    files: tuple[FileView, ...]
    files_left_out: int
    excerpts: Mapping[str, Excerpt]
    tests: Tests
    contracts: tuple[Flag, ...]
    fields: tuple[ContractField, ...]
    consumers: tuple[Consumer, ...]
    asked: int
    weakened: tuple[Flag, ...]
    questions: tuple[Flag, ...]
    dependencies: tuple[Swap, ...]
    edges: tuple[Swap, ...]
    graphs: tuple[Drawn, ...]


def of(verdict: Verdict, shown: Iterable[Finding]) -> Page:
    """The page of a verdict; `shown` are the findings that stand on it, to which alone there are links."""
    difference = verdict.difference
    here = {fingerprint(finding) for finding in shown}
    findings = verdict.findings
    flags = [(finding, _flag(finding, here)) for finding in findings]
    files = difference.files if difference else ()
    judges = {path for file in files if file.role is Role.JUDGE for path in (file.path, file.old_path or file.path)}
    swaps = difference.tests if difference else ()
    return Page(
        known=difference is not None,
        files=_files(files, flags),
        files_left_out=difference.files_left_out if difference else 0,
        excerpts=difference.excerpts if difference else {},
        tests=Tests(
            gone=tuple(s for s in swaps if not s.after),
            new=tuple(s for s in swaps if not s.before),
            moved=tuple(s for s in swaps if s.before and s.after),
        ),
        fields=difference.contracts if difference else (),
        consumers=_consumers(verdict),
        asked=sum(one.side == ASKED for one in _verified(verdict)),
        contracts=tuple(flag for finding, flag in flags if finding.rule.startswith("contracts/")),
        weakened=tuple(flag for finding, flag in flags if _is_of_tests(finding, judges)),
        questions=tuple(flag for finding, flag in flags if finding.rule in _QUESTIONS),
        dependencies=difference.dependencies if difference else (),
        edges=difference.edges if difference else (),
        graphs=tuple(drawn(one) for one in difference.graphs) if difference else (),
    )


def _consumers(verdict: Verdict) -> tuple[Consumer, ...]:
    """By name, those of whom something is not kept first; what is asked of others is verified there."""
    owed: dict[str, list[Verified]] = {}
    for one in _verified(verdict):
        if one.side == ASKED:
            continue
        owed.setdefault(one.consumer, []).append(one)
    found = [Consumer(name, len(all_), tuple(v for v in all_ if not v.good)) for name, all_ in owed.items()]
    return tuple(sorted(found, key=lambda one: (not one.missed, one.name)))


def _verified(verdict: Verdict) -> Iterator[Verified]:
    return (one for result in verdict.results for one in result.verified)


def _is_of_tests(finding: Finding, judges: set[str]) -> bool:
    """Whether it says that a test fails or checks less; `judges` are the files of the change that judge."""
    gate = finding.rule.partition("/")[0]
    return (
        finding.severity is not Severity.NOTE
        and finding.rule not in _QUESTIONS
        and (gate in ("tests", "properties", "mutants") or (gate == "tampering" and finding.path in judges))
    )


def _flag(finding: Finding, here: set[str]) -> Flag:
    name = fingerprint(finding)
    what = finding.what.strip().partition("\n")[0]
    return Flag(finding.rule, finding.severity.value, what, f"f-{name}-1" if name in here else "", finding.place)


def _files(files: Iterable[ShownFile], flags: list[tuple[Finding, Flag]]) -> tuple[FileView, ...]:
    by_path: dict[str, list[tuple[Finding, Flag]]] = {}
    for finding, flag in flags:
        if finding.path is not None:
            by_path.setdefault(finding.path, []).append((finding, flag))
    views = [_view(number, file, _of_file(file, by_path)) for number, file in enumerate(files, 1)]
    return _opened(views)


def _of_file(file: ShownFile, by_path: Mapping[str, list[tuple[Finding, Flag]]]) -> list[tuple[Finding, Flag]]:
    old = file.old_path
    return [*by_path.get(file.path, []), *(by_path.get(old, []) if old is not None and old != file.path else [])]


def _view(number: int, file: ShownFile, found: list[tuple[Finding, Flag]]) -> FileView:
    gone = file.kind is ChangeKind.DELETED
    lines = {line.base if gone else line.head for hunk in file.hunks for line in hunk.lines}
    at: dict[int, tuple[Flag, ...]] = {}
    rest = []
    for finding, flag in found:
        if finding.line is not None and finding.line in lines:
            at[finding.line] = (*at.get(finding.line, ()), flag)
        else:
            rest.append(flag)
    return FileView(f"file-{number}", file, _ROLES[file.role], _facts(file), tuple(rest), at, is_open=False)


def _facts(file: ShownFile) -> str:
    facts = [file.kind.value] if file.kind is not ChangeKind.MODIFIED else []
    facts.append(f"+{file.added:,} −{file.removed:,}")  # noqa: RUF001 - a minus sign, as wide as the plus
    if file.importers:
        facts.append(f"imported by {words.counted(file.importers, 'modules')}")
    if file.churn:
        facts.append(f"touched by {words.counted(file.churn, 'commits')} lately")
    return ", ".join(facts)


def _opened(views: list[FileView]) -> tuple[FileView, ...]:
    """The views, with those opened that a reviewer should read first, within bounds."""
    wanted = sorted(views, key=lambda view: not _is_urgent(view))
    chosen: set[str] = set()
    room = MOST_OPEN_LINES
    for view in wanted:
        size = sum(len(hunk.lines) for hunk in view.file.hunks)
        folded = view.file.role is Role.GENERATED or view.file.is_moved or not view.file.hunks
        if len(chosen) < MOST_OPEN_FILES and (size <= room or not chosen) and (_is_urgent(view) or not folded):
            chosen.add(view.id)
            room -= size
    return tuple(replace(view, is_open=view.id in chosen) for view in views)


def _is_urgent(view: FileView) -> bool:
    every = (*view.flags, *(flag for flags in view.at.values() for flag in flags))
    return any(flag.severity != Severity.NOTE.value for flag in every)


def is_folded(hunk: ShownHunk, view: FileView) -> bool:
    """Whether a hunk is folded by itself: it was only moved, and no finding stands in it."""
    return hunk.is_moved and not any(view.at_line(line) for line in hunk.lines)
