"""The plan: which gates run, why the others do not, and whose policy decides."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from guardrails.config import Policy
from guardrails.errors import ConfigurationError, UsageError
from guardrails.model.result import SkipReason
from guardrails.policy import plan, read_policies
from tests.judge_fakes import Content, FakeTree, bench_of, link


@dataclass(frozen=True)
class FakeGate:
    name: str
    profiles: frozenset[str] = field(default_factory=lambda: frozenset({"fast", "pr", "release"}))


GATES = (FakeGate("scope"), FakeGate("lint"), FakeGate("tests", frozenset({"pr", "release"})))


def names(gates: tuple[FakeGate, ...]) -> list[str]:
    return [gate.name for gate in gates]


def test_with_no_wish_every_gate_of_the_profile_runs_in_order() -> None:
    assert names(plan(GATES, profile="pr").run) == ["scope", "lint", "tests"]
    assert plan(GATES, profile="pr").skipped == ()


def test_a_gate_that_the_profile_leaves_out_is_skipped_with_that_reason() -> None:
    found = plan(GATES, profile="fast")
    assert names(found.run) == ["scope", "lint"]
    ((name, skip),) = found.skipped
    assert (name, skip.reason) == ("tests", SkipReason.NOT_IN_PROFILE)
    assert "pr and release" in skip.sentence


def test_only_and_skip_leave_gates_out_with_the_option_that_did_it() -> None:
    found = plan(GATES, profile="pr", only=["tests", "lint"], skip=["lint"])
    assert names(found.run) == ["tests"]
    assert {name: skip.sentence for name, skip in found.skipped} == {
        "scope": "--only does not name it.",
        "lint": "--skip names it.",
    }


def test_every_gate_is_either_run_or_skipped() -> None:
    found = plan(GATES, profile="fast", only=["tests"])
    assert found.run == ()
    assert [name for name, _ in found.skipped] == ["scope", "lint", "tests"]


@pytest.mark.parametrize("option", ["only", "skip"])
def test_an_unknown_gate_is_refused_with_the_nearest_one(option: str) -> None:
    with pytest.raises(UsageError, match=rf"--{option}: there is no gate 'tets'. Did you mean 'tests'"):
        plan(GATES, profile="pr", **{option: ["tets"]})


def trees(tmp_path: Path, base: dict[str, Content], head: dict[str, Content]) -> tuple[FakeTree, FakeTree]:
    return FakeTree(tmp_path / "base", base), FakeTree(tmp_path / "head", head)


POLICY = "schema = 1\n[scope]\nmax_files = {}\n"


def test_the_base_decides_and_the_head_is_known_too(tmp_path: Path) -> None:
    found = read_policies(
        *trees(tmp_path, {"guardrails.toml": POLICY.format(3)}, {"guardrails.toml": POLICY.format(9)})
    )
    assert found.base.scope.max_files == 3
    assert found.head is not None
    assert found.head.scope.max_files == 9


def test_without_a_policy_the_defaults_judge_and_it_is_said(tmp_path: Path) -> None:
    found = read_policies(*trees(tmp_path, {}, {"guardrails.toml": POLICY.format(9)}))
    assert found.base == Policy()
    assert "no guardrails.toml" in found.notes[0]


def test_who_adopts_the_gate_is_judged_by_the_first_policy_and_by_no_later_one(tmp_path: Path) -> None:
    head: dict[str, Content] = {"guardrails.toml": POLICY.format(9)}
    first = read_policies(*trees(tmp_path / "1", {}, head), adopting=True)
    assert first.base.scope.max_files == 9
    assert "the new one judges" in first.notes[0]
    later = read_policies(*trees(tmp_path / "2", {"guardrails.toml": POLICY.format(3)}, head), adopting=True)
    assert later.base.scope.max_files == 3
    assert read_policies(*trees(tmp_path / "3", {}, {}), adopting=True).base == Policy()


@pytest.mark.parametrize("content", ["schema = ", "shcema = 1", b"\xff\xfe", link("elsewhere.toml")])
def test_a_head_policy_that_cannot_be_read_is_left_to_the_gates(tmp_path: Path, content: Content) -> None:
    found = read_policies(*trees(tmp_path, {"guardrails.toml": POLICY.format(3)}, {"guardrails.toml": content}))
    assert found.head is None
    assert found.base.scope.max_files == 3


@pytest.mark.parametrize("content", ["schema = ", "[scope]\nmax_flies = 1", b"\xff\xfe", link("elsewhere.toml")])
def test_a_base_policy_that_cannot_be_read_stops_the_check(tmp_path: Path, content: Content) -> None:
    with pytest.raises(ConfigurationError, match=r"guardrails\.toml of the base"):
        read_policies(*trees(tmp_path, {"guardrails.toml": content}, {}))


def test_the_digest_covers_the_defaults_and_nothing_of_the_head(tmp_path: Path) -> None:
    def digest(number: int, base: dict[str, Content], head: dict[str, Content]) -> str:
        return read_policies(*trees(tmp_path / str(number), base, head)).digest

    default = digest(1, {}, {})
    assert digest(2, {"guardrails.toml": "schema = 1\n"}, {"guardrails.toml": POLICY.format(9)}) == default
    assert digest(3, {"guardrails.toml": POLICY.format(3)}, {}) != default


@pytest.mark.parametrize("judges", ['["tests/**"]', "[]"])
def test_what_says_how_pytest_runs_is_a_judge_whatever_the_policy_lists(tmp_path: Path, judges: str) -> None:
    policy = f"schema = 1\n[project]\njudges = {judges}\n"
    bench = bench_of(
        tmp_path, {"guardrails.toml": policy, "a.py": ""}, {".pytest.ini": "[pytest]\n", "conftest.py": ""}
    )
    assert bench.trees.head.read(".pytest.ini") is not None
    assert (bench.trees.trial.read(".pytest.ini"), bench.trees.trial.read("conftest.py")) == (None, None)
