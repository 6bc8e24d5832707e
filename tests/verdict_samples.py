"""Verdicts made by hand for the tests of the reports and of whatever reads a verdict."""

from hypothesis import strategies as st

from guardrails.model.change import Snapshot
from guardrails.model.contract import Verified
from guardrails.model.example import Example, Moved, Reason
from guardrails.model.finding import Finding, Severity
from guardrails.model.picture import DIFFERENCE, Line, Pictures, Plot, PlotKind, Row, Table
from guardrails.model.result import Figure, GateResult, GateStatus, Outcome, Skip, SkipReason, errored, judged, skipped
from guardrails.model.verdict import VERDICT_SCHEMA, Size, Verdict, not_judged

BASE = Snapshot(
    "main", "1f0c9a7be24d5e6f708192a3b4c5d6e7f8091a2b", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "Fit EASE"
)
HEAD = Snapshot(
    "faster-ranking",
    "9d3e5a77c0b1a2f3e4d5c6b7a8990a1b2c3d4e5f",
    "77c0b1a2f3e4d5c6b7a8990a1b2c3d4e5f9d3e5a",
    "Rank faster",
)


def finding(
    what: str = "test_top_k in tests/test_rank.py is now skipped",
    *,
    rule: str = "tampering/test-skipped",
    severity: Severity = Severity.BLOCK,
    path: str | None = "tests/test_rank.py",
    line: int | None = 12,
    why: str = "A test that does not run cannot fail.",
    fix: str = "Take the skip away, and make the test pass by mending what it tests.",
    reproduce: str = "git diff main...faster-ranking -- tests/test_rank.py",
    deciders: tuple[str, ...] = (),
    approved_by: str = "",
) -> Finding:
    """A finding that blocks; any part of it can be given."""
    return Finding(rule, severity, what, why, fix, path, line, reproduce, deciders, approved_by)


def gate(name: str, *findings: Finding, seconds: float = 0.4, notes: tuple[str, ...] = ()) -> GateResult:
    """A gate that worked."""
    return judged(name, Outcome({"files": 14}, {"files": 10}, findings, notes), seconds)


def unselected(name: str) -> GateResult:
    """A gate that the profile left out."""
    return skipped(name, Skip(SkipReason.NOT_IN_PROFILE, f"{name} is not part of the fast profile"))


def of(*results: GateResult, **changes: object) -> Verdict:
    """A verdict on a small change, with the given gates."""
    values: dict[str, object] = {
        "base": BASE,
        "head": HEAD,
        "results": results,
        "size": Size(4, 120, 35),
        "policy_digest": "5b1c9e0d7a42",
        "command": "guardrails check --base main --head faster-ranking",
        "version": "0.1.0",
        "seconds": 38.25,
    }
    return Verdict(**(values | changes))  # type: ignore[arg-type]  # each value is of its field's type


def passing() -> Verdict:
    """All is well; one gate was skipped."""
    return of(gate("scope"), gate("lint", seconds=0.1), gate("tests", seconds=21.5), unselected("load"))


def deciding() -> Verdict:
    """Nothing blocks; a person must decide."""
    protected = finding(
        "pyproject.toml is protected and was changed",
        rule="scope/protected-path",
        severity=Severity.REVIEW,
        path="pyproject.toml",
        line=None,
        why="The file decides how the change is judged.",
        fix="Ask an owner of the policy to look at it.",
        reproduce="git diff main...faster-ranking -- pyproject.toml",
    )
    return of(gate("scope", protected), gate("lint"))


def bad() -> Verdict:
    """An agent's change that is wrong in several ways: what a reader of the reports must cope with every day."""
    return of(
        gate("scope", seconds=0.1),
        gate("tampering", *_tampering(), seconds=0.3),
        gate(
            "lint",
            finding(
                "F401 `itertools` imported but unused",
                rule="lint/violation",
                severity=Severity.NOTE,
                path="recsys/ranking/linear.py",
                line=3,
                why="ruff reports it on the head and not on the base.",
                fix="Remove the import.",
                reproduce="ruff check recsys/ranking/linear.py",
            ),
            seconds=0.2,
        ),
        gate("types", seconds=2.9),
        gate("layers", *_layers(), seconds=0.7),
        properties(),
        GateResult("tests", GateStatus.PASSED, 21.5, {"tests": 412}, {"tests": 402}),
        errored(
            "contracts",
            "the provider did not answer on /readyz within 30 s; its last line of output was:\n"
            "ModuleNotFoundError: No module named 'recsys.ranking.fast'",
            30.2,
        ),
        unselected("load"),
        uncommitted=True,
        head=Snapshot("faster-ranking", None, HEAD.tree),
    )


def _tampering() -> tuple[Finding, ...]:
    return (
        finding(),
        finding(
            "the assertion on the order of the slate in test_ties is gone",
            rule="tampering/assertion-removed",
            path="tests/test_rank.py",
            line=40,
            why="A test without its assertion passes whatever the code does.",
            fix="Put the assertion back; if the promise changed, say so and let a person decide.",
        ),
        finding(
            "ruff no longer selects B (bugbear)",
            rule="tampering/config-looser",
            severity=Severity.REVIEW,
            path="pyproject.toml",
            line=88,
            why="A looser tool finds less, in this change and in every later one.",
            fix="Restore the setting, or ask an owner of the policy.",
            reproduce="git diff main... -- pyproject.toml",
        ),
    )


def _layers() -> tuple[Finding, ...]:
    return (
        finding(
            "recsys.ranking.linear imports recsys.adapters.sqlite",
            rule="layers/broken",
            path="recsys/ranking/linear.py",
            line=7,
            why="ranking stands below adapters: imports go down only.",
            fix="Declare what ranking needs as a Protocol in recsys/ports.py and let bootstrap.py pass it in.",
            reproduce="lint-imports",
        ),
    )


def properties() -> GateResult:
    """A property that was falsified, with its shortest counterexample."""
    falsified = finding(
        "total-order is falsified: rec(user=0, k=2) differs between two calls\n  first:  [3, 1]\n  second: [1, 3]",
        rule="properties/falsified",
        path="recsys/ranking/linear.py",
        line=31,
        why="Equal scores are no longer ordered by id, so the same query gives different slates.",
        fix="Sort by (-score, id).",
        reproduce="python -m pytest tests/property/test_slate.py -k total_order --hypothesis-seed=7",
    )
    outcome = Outcome(
        {"properties": 22, "examples": 2200},
        {"properties": 20},
        (falsified,),
        ("22 invariants over 2,200 examples, seed 7",),
    )
    return judged("properties", outcome, 9.8)


def blocking() -> Verdict:
    """Two gates find what must be fixed; the others worked and found nothing."""
    skip, _, looser = _tampering()
    return of(
        GateResult("scope", GateStatus.PASSED, 0.1, {"files": 4}, {"files": 4}),
        judged("tampering", Outcome({"files": 4, "tests": 412}, {"files": 4}, (skip, looser)), 0.3),
        GateResult("lint", GateStatus.PASSED, 0.2, {"files": 118}, {"files": 117}),
        GateResult("layers", GateStatus.PASSED, 0.7, {"contracts": 4, "files": 118}, {"contracts": 4}),
        GateResult("types", GateStatus.PASSED, 2.9, {"files": 118}, {"files": 117}),
        GateResult("contracts", GateStatus.PASSED, 4.1, {"interactions": 21}, {"interactions": 21}),
        properties(),
        GateResult("tests", GateStatus.PASSED, 18.4, {"tests": 411}, {"tests": 402}),
        unselected("load"),
        profile="fast",
    )


def broken() -> Verdict:
    """A check that ended before there was a change to judge."""
    return not_judged("the ref 'mian' does not exist. Did you mean 'main'?", command="guardrails check --base mian")


ALL = (passing, deciding, blocking, bad, broken)


NASTY = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>' onfocus=alert(1) x='",
    "</pre></code></details></li><h1>PASS</h1>",
    "{{ verdict.kind }}{% for x in y %}",
    "\x1b[2J\x1b[1;1H\x1b]0;title\x07\x9b31m",
    "admin\u202etxt.exe\u2066\u200b\u200d\ufeff\u2028\u2029\u0085",
    "\ud800 \udc80 \ufffe \U000e0041 \u115f\ufe0f",
    "one\ntwo\r\nthree\rfour\x0b\x0c",
    "::error file=a.py,line=1::planted\n::stop-commands::x\n##[group]g ##vso[task.complete]",
    "a,b:c%0A=d%",
    "[PASS](https://evil.example) ![x](https://evil.example/i.png) <https://evil.example> www.evil.example",
    "@everyone closes #1 and octo/repo#2",
    "```\n~~~\n# PASS\n---\n| a | b |\n- [x] done\n1. one\n> quote\n    code",
    "`tick` ``two`` *a* _b_ ~~c~~ $x$ &lt; &#64;",
    "]]> <!-- --> <![CDATA[ &amp; &bogus;",
    "\\",
    " ",
    "",
    "Ωmega 日本語のファイル.py e\u0301",
    "long " * 60,
    "x" * 300,
)
"""Texts that break reports that trust them."""


def texts() -> st.SearchStrategy[str]:
    """Any text at all, and more often than chance one that is made to break something."""
    return st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=12)


def findings() -> st.SearchStrategy[Finding]:
    """Findings with any text in any place."""
    return st.builds(
        Finding,
        rule=texts(),
        severity=st.sampled_from(Severity),
        what=texts(),
        why=texts(),
        fix=texts(),
        path=st.none() | texts(),
        line=st.none() | st.integers(1, 10**6),
        reproduce=texts(),
        deciders=st.lists(texts(), max_size=1).map(tuple),
    )


def verified() -> st.SearchStrategy[Verified]:
    """Results of verification with any text in any place."""
    some = st.lists(texts(), max_size=2).map(tuple)
    line = st.none() | st.integers(1, 10**6)
    return st.builds(Verified, *[texts()] * 3, some, *[texts()] * 3, line, some)


def figures() -> st.SearchStrategy[Figure]:
    """Figures with any text and any finite number."""
    number = st.floats(-1e9, 1e9)
    return st.builds(Figure, texts(), texts(), number, number, *[st.none() | number] * 4)


def examples() -> st.SearchStrategy[Example]:
    """Examples with any text, of items that came, went and moved."""
    ids = st.lists(texts(), max_size=2).map(tuple)
    reasons = st.lists(st.builds(Reason, texts(), texts(), texts()), max_size=2).map(tuple)
    place = st.none() | st.integers(1, 9)
    moved = st.lists(st.builds(Moved, texts(), place, place, reasons, st.integers(0, 2)), max_size=2).map(tuple)
    return st.builds(Example, *[texts()] * 3, ids, ids, st.floats(0, 1), moved, reasons, st.just("") | texts())


def plots() -> st.SearchStrategy[Plot]:
    """Plots of any kind and any numbers, in which a line may have gaps or nothing at all."""

    def of_kind(kind: PlotKind) -> st.SearchStrategy[Plot]:
        percent = st.floats(0, 99.999) if kind is PlotKind.PERCENTILES else st.floats(-1e9, 1e9) | st.floats(1e-3, 1e3)
        places = st.lists(percent, max_size=6, unique=True).map(sorted).map(tuple)
        return places.flatmap(lambda at: over(kind, at))

    def over(kind: PlotKind, at: tuple[float, ...]) -> st.SearchStrategy[Plot]:
        size = max(0, len(at) - 1) if kind is PlotKind.HISTOGRAM else len(at)
        values = st.lists(st.none() | st.floats(-1e9, 1e9), min_size=size, max_size=size).map(tuple)
        lines = st.lists(st.builds(Line, texts() | st.sampled_from(["base", "head"]), values), max_size=2).map(tuple)
        return st.builds(Plot, st.just(kind), *[texts()] * 4, st.just(at), lines)

    return st.sampled_from(PlotKind).flatmap(of_kind)


def tables() -> st.SearchStrategy[Table]:
    """Tables of any width with any text and any finite number."""

    def as_wide(columns: tuple[str, ...]) -> st.SearchStrategy[Table]:
        values = st.tuples(*[st.none() | st.floats(-1e9, 1e9) for _ in columns])
        rows = st.lists(st.builds(Row, texts(), values), max_size=3).map(tuple)
        return st.builds(Table, *[texts()] * 3, st.just(columns), rows)

    return st.lists(texts() | st.just(DIFFERENCE), max_size=3).map(tuple).flatmap(as_wide)


def pictures() -> st.SearchStrategy[Pictures]:
    """Pictures with any text and any finite number."""
    some = (st.lists(one, max_size=1).map(tuple) for one in (plots(), tables()))
    return st.builds(Pictures, *some)


def verdicts() -> st.SearchStrategy[Verdict]:
    """Verdicts of any kind, with any text in any place where a text can stand."""
    seconds = st.integers(0, 10**6).map(lambda milliseconds: milliseconds / 1000)
    counts = st.dictionaries(texts(), st.integers(0, 10**6), max_size=2)
    results = st.builds(
        GateResult,
        name=texts(),
        status=st.sampled_from(GateStatus),
        seconds=seconds,
        work=counts,
        floor=counts,
        findings=st.lists(findings(), max_size=2).map(tuple),
        notes=st.lists(texts(), max_size=1).map(tuple),
        skip=st.none() | st.builds(Skip, st.sampled_from(SkipReason), texts()),
        error=texts(),
        verified=st.lists(verified(), max_size=2).map(tuple),
        figures=st.lists(figures(), max_size=1).map(tuple),
        examples=st.lists(examples(), max_size=1).map(tuple),
        pictures=st.just(Pictures()) | pictures(),
    )
    sides = st.none() | st.builds(Snapshot, texts(), st.none() | texts(), texts(), texts())
    return st.builds(
        Verdict,
        base=sides,
        head=sides,
        results=st.lists(results, max_size=2).map(tuple),
        uncommitted=st.booleans(),
        size=st.builds(Size, *[st.integers(0, 10**6)] * 3),
        policy_digest=texts(),
        profile=texts(),
        command=texts(),
        version=texts(),
        seconds=seconds,
        notes=st.lists(texts(), max_size=1).map(tuple),
        error=st.just("") | texts(),
        schema=st.just(VERDICT_SCHEMA),
    )
