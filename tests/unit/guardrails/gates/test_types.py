"""Gate types: new errors are found in the tree's own code, and no result leaks from one tree into another."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.config import Policy, Types
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.types import RULES, TypesGate
from guardrails.model.change import Change, Snapshot
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome
from guardrails.ports import Command, Completed
from guardrails.probes.types import BASE, PROBES
from tests.judge_fakes import Content, DirStore, RealProcesses, bench_of, rules_of

HONEST = {"shop/top.py": "from shop.rank import rank\n\nTOP = rank([1.0])\n"}
WRONG = {"shop/top.py": "from shop.rank import rank\n\nTOP = rank('best')\n"}

LOOSE = "[mypy]\nfiles = shop\n"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> DirStore:
    """One store for all tests, so that the base of most of them is checked once."""
    return DirStore(tmp_path_factory.mktemp("mypy-store"))


class Judge:
    """The gate over changes to the probes' project."""

    def __init__(self, tmp_path: Path, store: DirStore) -> None:
        self.tmp_path, self.store = tmp_path, store

    def bench(
        self, head: Mapping[str, Content | None], base: Mapping[str, Content] = BASE, policy: Policy | None = None
    ) -> Bench:
        return bench_of(self.tmp_path, base, head, store=self.store, policy=policy)

    def __call__(
        self, head: Mapping[str, Content | None], base: Mapping[str, Content] = BASE, policy: Policy | None = None
    ) -> Outcome:
        return TypesGate().run(self.bench(head, base, policy))


@pytest.fixture
def judge(tmp_path: Path, store: DirStore) -> Judge:
    return Judge(tmp_path, store)


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, judge: Judge) -> None:
    assert probe.rule in rules_of(judge(probe.bad).findings)
    assert judge(probe.honest).findings == ()


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


def test_a_new_error_has_its_place_and_old_debt_is_none(judge: Judge) -> None:
    out = judge({**WRONG, "shop/old.py": "\n" + BASE["shop/old.py"]})
    (finding,) = out.findings
    assert (finding.path, finding.line) == ("shop/top.py", 3)
    assert "[arg-type]" in finding.what
    assert (out.work, out.floor) == ({"files": 4}, {"files": 3})


def test_the_same_size_in_the_same_second_leaks_nothing(judge: Judge) -> None:
    one, two = "TOP: int = 'ab'\n", "TOP: int = 1234\n"
    assert len(one) == len(two)
    assert judge({"shop/rank.py": two}, {**BASE, "shop/rank.py": one}).findings == ()
    assert len(judge({"shop/rank.py": one}, {**BASE, "shop/rank.py": two}).findings) == 1


def test_the_second_run_takes_the_base_from_the_store(judge: Judge) -> None:
    judge(HONEST)
    bench = judge.bench(WRONG)
    seen: list[Path] = []

    class Counting(RealProcesses):
        def run(self, command: Command) -> Completed:
            seen.append(command.cwd)
            return super().run(command)

    assert len(TypesGate().run(replace(bench, processes=Counting())).findings) == 1
    assert seen == [bench.trees.base.root, bench.trees.head.root]


def test_the_store_is_never_written_in_place_and_a_commit_is_published(judge: Judge) -> None:
    judge(HONEST)
    entries = {path: path.stat().st_mtime_ns for path in judge.store.root.rglob("*.db")}
    bench = judge.bench({"shop/new.py": "X = 1\n"})
    commit = Change(bench.change.base, Snapshot("head", "c" * 40, bench.change.head.tree), bench.change.files)
    TypesGate().run(replace(bench, change=commit))
    after = {path: path.stat().st_mtime_ns for path in judge.store.root.rglob("*.db")}
    assert entries.items() <= after.items()
    assert len(after) > len(entries)


def test_the_configuration_of_the_base_holds_over_the_head(judge: Judge) -> None:
    for config in (LOOSE, None):
        assert rules_of(judge({**WRONG, "mypy.ini": config}).findings) == ["types/error"]


def test_a_stricter_configuration_of_the_head_is_enforced_on_what_is_new(judge: Judge) -> None:
    base = {**BASE, "mypy.ini": LOOSE}
    out = judge({"mypy.ini": BASE["mypy.ini"], "shop/new.py": "def new(x):\n    return x\n"}, base)
    assert [(f.path, f.line) for f in out.findings] == [("shop/new.py", 1)]


def test_no_plugin_of_the_head_is_run(judge: Judge) -> None:
    trap = "raise SystemExit('was run')\n"
    config = BASE["mypy.ini"] + "plugins = trap.py\n"
    assert judge({**HONEST, "mypy.ini": config, "trap.py": trap}).findings == ()


@pytest.mark.slow
def test_a_plugin_of_the_base_is_run_as_it_is_at_the_base(judge: Judge) -> None:
    base = {
        **BASE,
        "mypy.ini": BASE["mypy.ini"] + "plugins = tools/plugin.py\n",
        "tools/plugin.py": "from mypy.plugin import Plugin\n\n\ndef plugin(version):\n    return Plugin\n",
    }
    assert judge({**HONEST, "tools/plugin.py": "raise SystemExit('was run')\n"}, base).findings == ()


def test_nothing_of_the_tree_stands_in_for_mypy(judge: Judge) -> None:
    traps = {f"{name}.py": "raise SystemExit('was run')\n" for name in ("mypy", "json", "hashlib")}
    assert rules_of(judge({**WRONG, **traps}).findings) == ["types/error"]


@pytest.mark.slow
def test_what_is_not_installed_is_a_note_where_the_base_misses_packages_too(judge: Judge) -> None:
    base = {**BASE, "shop/io.py": "import nosuchpackage\n"}
    out = judge({"shop/net.py": "import otherpackage\n\nX: int = 'a'\n"}, base)
    assert sorted((f.severity, f.line) for f in out.findings) == [(Severity.BLOCK, 3), (Severity.NOTE, 1)]
    sample = {**BASE, "tests/test_samples.py": 'SAMPLE = """\nimport nosuchpackage\n"""\n'}
    misspelt = {**BASE, "tests/samples/slip.py": "import nosuchpackage\n"}
    for there in (BASE, sample, misspelt):
        alone = judge({"shop/net.py": "import otherpackage\n"}, there)
        assert [f.severity for f in alone.findings] == [Severity.BLOCK]


def test_a_head_that_does_not_parse_cannot_be_judged(judge: Judge) -> None:
    with pytest.raises(JudgementError, match=r"shop/rank\.py:1"):
        judge({"shop/rank.py": "def f(:\n"})


def test_the_code_of_the_tree_is_checked_and_not_what_is_installed(judge: Judge) -> None:
    base = {"guardrails/__init__.py": "", "guardrails/config.py": "LIMIT: int = 1\n", "mypy.ini": LOOSE}
    policy = replace_types(("-p", "guardrails"))
    out = judge({"guardrails/runner.py": "from guardrails.config import LIMIT\n\nX: str = LIMIT\n"}, base, policy)
    assert [(f.path, f.line) for f in out.findings] == [("guardrails/runner.py", 3)]
    gone = judge({"guardrails/__init__.py": None, "guardrails/config.py": None}, base, policy)
    assert [f.what for f in gone.findings] == ["guardrails, which the base has type-checked, is gone"]


def replace_types(targets: tuple[str, ...]) -> Policy:
    """The default policy with targets for mypy."""
    return Policy(types=Types(targets=targets))


@pytest.mark.slow
def test_sources_below_src_and_a_search_path(judge: Judge) -> None:
    base = {
        "pyproject.toml": '[tool.mypy]\nmypy_path = "$MYPY_CONFIG_FILE_DIR/src"\nexclude = ["gen", "bad"]\n'
        'packages = ["shop"]\n[[tool.mypy.overrides]]\nmodule = ["shop.a", "shop.b"]\nignore_errors = true\n',
        "src/shop/__init__.py": "",
        "src/shop/a.py": "X: int = 'a'\n",
    }
    out = judge({"src/shop/c.py": "Y: int = 'a'\n", "src/shop/b.py": "Y: int = 'a'\n"}, base)
    assert [f.path for f in out.findings] == ["src/shop/c.py"]


def test_without_configuration_the_gate_is_skipped(tmp_path: Path) -> None:
    skip = TypesGate().skip(bench_of(tmp_path, {"a.py": "", "setup.cfg": "[metadata]\n"}, {"a.py": "x = 1\n"}))
    assert skip is not None
    assert skip.sentence == "no mypy configuration at the base or the head"
    assert TypesGate().skip(bench_of(tmp_path, {"a.py": ""}, {"mypy.ini": "[mypy]\n"})) is None
    assert TypesGate().skip(bench_of(tmp_path, {"a.py": ""}, {"mypy.ini": "mypy [\n"})) is None


@pytest.mark.slow
def test_a_configuration_that_is_new_judges_the_head(judge: Judge) -> None:
    base = {path: text for path, text in BASE.items() if path != "mypy.ini"}
    out = judge({"mypy.ini": BASE["mypy.ini"], **WRONG}, base)
    assert [f.path for f in out.findings] == ["shop/top.py"]
