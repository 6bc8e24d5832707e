"""Tests are watched and mutants tried for real: in processes of their own, over small trees."""

import ast
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from guardrails.adapters.mutations import PytestMutations
from guardrails.adapters.recorder import forking, mutating
from guardrails.adapters.recorder.schedule import Planted, Schedule
from guardrails.analysis.mutants.functions import functions
from guardrails.analysis.mutants.small import small_mutants
from guardrails.analysis.mutants.text import SourceText
from guardrails.analysis.records import Transcript
from guardrails.analysis.suite_runs import Ended
from guardrails.model.mutation import Edit, Fate, Notice, Observation, Trial, TrialResult, Trials, Watch
from guardrails.ports import SuiteRun
from tests.judge_fakes import FakeTree
from tests.judge_suites import suites_in

SHOP = """def total(prices):
    paid = sum(prices)
    if paid > 9:
        paid = paid - 1
    return paid


def names(items):
    for item in items:
        yield item.name


class Cart:
    def __init__(self, limit):
        self.limit = limit

    def add(self, item):
        return item < self.limit
"""
SUITE = """import pytest
from shop.cart import Cart, total


@pytest.fixture(scope="module")
def cart():
    assert total([9, 1]) == 9
    return Cart(3)


@pytest.mark.parametrize("price", [1, 2])
def test_total(price):
    assert total([price]) == price


def test_cart(cart):
    assert cart.add(2)


def test_other(cart):
    assert not cart.add(4)


def test_fails():
    assert total([]) == 1


def test_reads():
    total([3]) + 1
"""
FILES = {"src/shop/__init__.py": "", "src/shop/cart.py": SHOP, "tests/test_cart.py": SUITE}
PATH = "src/shop/cart.py"
CONFIGURED = {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n"}


def mutations(tmp_path: Path, files: Mapping[str, str]) -> tuple[PytestMutations, FakeTree]:
    tree = FakeTree(Path(tempfile.mkdtemp(dir=tmp_path)), {**CONFIGURED, **files})
    return PytestMutations(suites_in(tmp_path)), tree


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observation:
    """What the suite executes."""
    worker, tree = mutations(tmp_path_factory.mktemp("seen"), FILES)
    lines = {PATH: tuple(range(1, 99))}
    watch = Watch(("tests/test_cart.py",), lines, (PATH,), ("tests/test_cart.py::test_cart",), 60)
    return worker.observe(tree, watch)


def test_each_test_that_passed_has_the_lines_that_it_executed(seen: Observation) -> None:
    assert (seen.complaint, seen.toothless, seen.cut) == ("", (), False)
    assert sorted(name.partition("::")[2] for name in seen.passed) == [
        "test_cart", "test_other", "test_reads", "test_total[1]", "test_total[2]"
    ]  # fmt: skip
    assert seen.lines["tests/test_cart.py::test_total[1]"] == {PATH: {2, 3, 5}}


def test_what_a_shared_fixture_executes_counts_for_each_test_that_uses_it(seen: Observation) -> None:
    for name in ("test_cart", "test_other"):
        assert seen.lines[f"tests/test_cart.py::{name}"] == {PATH: {2, 3, 4, 5, 15, 18}}


def test_calls_are_told_with_who_called_and_what_came_back(seen: Observation) -> None:
    told = {(c.function, c.line, c.direct, c.returns) for c in seen.calls["tests/test_cart.py::test_cart"]}
    assert told == {
        ("total", 1, True, ("builtins:int",)),
        ("Cart.__init__", 14, True, ("builtins:NoneType",)),
        ("Cart.add", 17, True, ("builtins:bool",)),
    }
    assert seen.calls["tests/test_cart.py::test_other"] == ()


def test_time_that_is_up_is_said_and_is_no_complaint(tmp_path: Path) -> None:
    class Stopped:
        """Suites whose one process was stopped while a test ran."""

        def __init__(self, transcript: Transcript) -> None:
            self.ended = [Ended(transcript, None, "", 4)]

        def recorded(self, *_: object, **__: object) -> tuple[SuiteRun, list[Ended]]:
            return SuiteRun((), {}, complaint="the tests did not end", toothless=("nothing failed",)), self.ended

    def seen(transcript: Transcript) -> Observation:
        suites = Stopped(transcript)
        return PytestMutations(suites).observe(FakeTree(tmp_path, {}), Watch((), {}, (), (), 4))  # type: ignore[arg-type]

    assert seen(Transcript(started=True, over=True, finished=True)).cut
    whole = seen(Transcript(started=True))
    assert (whole.cut, whole.complaint, whole.toothless) == (True, "", ())
    assert seen(Transcript(started=True, broken_rule="forged")).complaint == "the tests did not end"
    assert seen(Transcript()).complaint == "the tests did not end"


def trial(key: int, source: str, old: str, new: str, *tests: str, **more: object) -> Trial:
    """A mutant that replaces the one place where `old` stands."""
    at = source.index(old)
    line = source.count("\n", 0, at) + 1
    column = at - (source.rfind("\n", 0, at) + 1)
    names = tuple(f"tests/test_cart.py::{name}" for name in tests)
    edit = Edit(line, column, line, column + len(old), new)
    return Trial(key, PATH, edit, names, 20.0, **more)  # type: ignore[arg-type]  # fields of the trial


def judged(tmp_path: Path, files: Mapping[str, str], *trials: Trial, seconds: float = 60) -> Mapping[int, TrialResult]:
    worker, tree = mutations(tmp_path, files)
    run = worker.judge(tree, Trials(trials, (PATH,), seconds, workers=2))
    assert run.complaint == ""
    return run.results


def test_watching_ends_by_itself_when_the_time_is_up(tmp_path: Path) -> None:
    worker, tree = mutations(tmp_path, FILES)
    seen = worker.observe(tree, Watch(("tests/test_cart.py",), {}, (PATH,), (), 0))
    assert (seen.cut, seen.complaint, seen.toothless) == (True, "", ())
    assert len(seen.passed) < 2


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, TrialResult]:
    """What became of many mutants in one run."""
    more = "paid > 9"
    endless = trial(20, SHOP, "paid = sum(prices)", "while True: pass", "test_total[1]")
    return judged(
        tmp_path_factory.mktemp("judged"),
        FILES,
        trial(0, SHOP, more, "paid > 0", "test_total[1]"),
        trial(1, SHOP, more, "paid >= 9", "test_total[1]", "test_total[2]"),
        trial(2, SHOP, "item < self", "item > self", "test_cart", "test_other"),
        trial(3, SHOP, "sum(prices)", "__import__('os')._exit(0)", "test_total[1]"),
        trial(4, SHOP, "item.name", "item.price", "test_total[1]"),
        trial(5, SHOP, "return paid", "return paid + 2", "test_fails"),
        trial(6, SHOP, "sum(prices)", "sum(", "test_total[1]"),
        trial(7, SHOP, "return paid", "__import__('pytest').skip('no money')", "test_total[1]"),
        trial(10, SHOP, more, "paid >= 9", "test_total[1]", group="g"),
        trial(11, SHOP, more, "paid > 0", "test_total[1]", group="g"),
        trial(12, SHOP, more, "paid > -1", "test_total[1]", group="g"),
        replace(endless, seconds=0.5),
        trial(30, SHOP, "item < self.limit", "item < self.nothing", "test_cart"),
        trial(31, SHOP, "item < self.limit", "item < self.nothing", "test_cart", notice=Notice.TEST),
        trial(32, SHOP, "return item < self.limit", "raise ValueError(item)", "test_cart", notice=Notice.ASSERTION),
        trial(34, SHOP, "self.limit = limit", "self.limit = 'much'", "test_other", notice=Notice.TEST),
        trial(35, SHOP, "return paid", "return None", "test_reads", notice=Notice.TEST),
        trial(36, SHOP, "return paid", "return None", "test_reads", notice=Notice.ASSERTION),
        trial(33, SHOP, "item < self.limit", "False", "test_cart", notice=Notice.ASSERTION),
    )


@pytest.mark.parametrize(
    ("key", "fate", "why"),
    [
        (0, Fate.KILLED, "assert"),
        (1, Fate.SURVIVED, ""),
        (2, Fate.KILLED, "assert"),
        (3, Fate.CRASHED, "gone without an answer"),
        (4, Fate.SURVIVED, ""),
        (5, Fate.UNFIT, "none of its tests passes without it"),
        (6, Fate.UNFIT, "SyntaxError"),
        (7, Fate.UNFIT, "test_total[1] is skipped with it"),
        (10, Fate.SURVIVED, ""),
        (11, Fate.KILLED, "assert"),
        (20, Fate.KILLED, "did not end within"),
        (30, Fate.KILLED, "AttributeError"),
        (31, Fate.SURVIVED, ""),  # it broke down inside: the test itself noticed nothing
        (32, Fate.KILLED, "ValueError"),
        (33, Fate.KILLED, "assert"),
        (34, Fate.SURVIVED, ""),  # it breaks down in `Cart.add`
        (35, Fate.KILLED, "TypeError"),  # the test itself ran into it
        (36, Fate.SURVIVED, ""),
    ],
)
def test_what_becomes_of_a_mutant(results: Mapping[int, TrialResult], key: int, fate: Fate, why: str) -> None:
    assert results[key].fate is fate, results[key]
    assert why in results[key].message


def test_of_a_group_no_more_are_tried_once_one_is_killed(results: Mapping[int, TrialResult]) -> None:
    assert 12 not in results


def test_what_the_time_does_not_reach_has_no_result(tmp_path: Path) -> None:
    assert judged(tmp_path, FILES, trial(0, SHOP, "paid > 9", "paid > 0", "test_total[1]"), seconds=0) == {}


def test_what_is_imported_only_by_the_test_has_the_mutant_too(tmp_path: Path) -> None:
    late = "def test_total():\n    from shop.cart import total\n    assert total([1]) == 1\n"
    files = {**FILES, "tests/test_cart.py": late}
    results = judged(tmp_path, files, trial(0, SHOP, "paid > 9", "paid > 0", "test_total"))
    assert results[0].fate is Fate.KILLED


LIMITS = """LIMIT = 3


class Cap:
    least = 1


def capped(number):
    return max(Cap.least, min(number, LIMIT))
"""
CAPS = """import pytest
from shop.cart import LIMIT, capped

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("number", range(LIMIT))
def test_capped(number):
    assert capped(number) >= number


def test_limit():
    assert capped(9) == 3
"""


def test_what_runs_at_import_is_imported_anew(tmp_path: Path) -> None:
    files = {**FILES, PATH: LIMITS, "tests/test_cart.py": CAPS}
    tests = ("test_capped[0]", "test_capped[2]", "test_limit")
    results = judged(
        tmp_path,
        files,
        trial(0, LIMITS, "LIMIT = 3", "LIMIT = 4", *tests, at_import=True),
        trial(1, LIMITS, "least = 1", "least = 0", *tests, at_import=True),
        trial(2, LIMITS, "LIMIT = 3", "LIMIT = 2", *tests, at_import=True),
        trial(3, LIMITS, "LIMIT = 3", "LIMIT = None.x", *tests, at_import=True),
        trial(4, LIMITS, "max(", "min(", *tests),
    )
    assert {key: (result.fate, result.by.rpartition("::")[2]) for key, result in results.items()} == {
        0: (Fate.KILLED, "test_limit"),
        1: (Fate.SURVIVED, ""),
        2: (Fate.KILLED, "test_capped[2]"),
        3: (Fate.KILLED, "test_capped[0]"),
        4: (Fate.KILLED, "test_capped[2]"),
    }
    assert results[3].message == "it cannot be collected"


def test_a_forged_answer_is_none(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"fate": "survived", "by": "", "message": ""}\n')
    told = forking.heard(reader, "token", 10, lambda: 0)
    assert told is not None
    assert told["fate"] == "crashed"


def test_loaded_functions_get_the_code_of_the_edited_file(tmp_path: Path) -> None:
    source = "def outer(a):\n    def inner(b):\n        return a + b\n    return inner\n"
    place = tmp_path / "fruit.py"
    place.write_text(source)
    names: dict[str, object] = {}
    exec(compile(source, str(place), "exec"), names)
    outer = names["outer"]
    assert callable(outer)
    made = outer(1)
    mutating.replace_code(place, source.replace("a + b", "a - b").encode())
    assert (made(3), outer(1)(3)) == (-2, -2)
    with pytest.raises(mutating.UnfitError):
        mutating.replace_code(place, source.replace("a + b", "b").encode())  # inner no longer closes over a


def test_every_mutant_of_this_file_compiles() -> None:
    source = Path(mutating.__file__).read_text(encoding="utf-8")
    text = SourceText(source)
    made = [m for f in functions(ast.parse(source)) for m in small_mutants("a.py", text, f, range(1, 999))]
    assert len(made) > 40
    for mutant in made:
        compile(text.edited(mutant.edit), "a.py", "exec")


def test_files_are_watched_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Item:
        nodeid: str

    items: list[Any] = [Item("b.py::one"), Item("a.py::one"), Item("a.py::two")]

    def order(*, in_order: bool) -> list[str]:
        claims = tmp_path / str(in_order)
        claims.mkdir()
        schedule = Schedule(lambda *_, **__: None, str(claims), None, Planted("", ()), in_order)
        return [item.nodeid for item, _ in schedule.entries(items)]

    assert order(in_order=True) == ["b.py::one", "a.py::one", "a.py::two"]
    assert order(in_order=False) == ["a.py::one", "a.py::two", "b.py::one"]
