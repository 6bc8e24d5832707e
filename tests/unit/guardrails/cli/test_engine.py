"""What the gates are given, and what a verdict says beside their answers."""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from guardrails.adapters.changes import Wanted
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine, available_cores
from guardrails.cli.options import CheckOptions
from guardrails.gates.base import Bench, Profile
from guardrails.model.finding import Rule
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, VerdictKind
from guardrails.model.verdict import Verdict
from tests.git_repositories import Repo, new_repo


@dataclass(frozen=True)
class Spy:
    """A gate that keeps the bench that it was given, and does what it is told with it."""

    act: Callable[[Bench], object] = lambda _: None
    seen: list[Bench] = field(default_factory=list)
    name: str = "spy"
    title: str = "looks"
    cost: float = 0.1
    profiles: frozenset[Profile] = frozenset(Profile)
    alone: bool = False
    runs_code: bool = False
    rules: tuple[Rule, ...] = ()
    probes: tuple[Probe, ...] = ()

    def skip(self, bench: Bench) -> Skip | None:
        return None

    def run(self, bench: Bench) -> Outcome:
        self.seen.append(bench)
        self.act(bench)
        return Outcome({"files": 1}, {"files": 1})


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a change on a branch."""
    repo = new_repo(tmp_path / "repo", {"tests/t.py": "1\n"})
    repo.branch("feature")
    repo.commit({"a.py": "x = 2\n", "tests/t.py": "2\n"})
    return repo


def check(repo: Repo, tmp_path: Path, gate: Spy, **options: object) -> Verdict:
    engine = Engine([gate], os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    return engine.check(CheckOptions(repo.root, Wanted(), **options))  # type: ignore[arg-type]


def test_a_gate_is_given_the_change_its_trees_and_its_tools(repo: Repo, tmp_path: Path) -> None:
    gate = Spy()
    verdict = check(repo, tmp_path, gate, profile="fast", seed=7, jobs=3)
    (bench,) = gate.seen
    assert [file.path for file in bench.change.files] == ["a.py", "tests/t.py"]
    assert (bench.trees.head.read("tests/t.py"), bench.trees.trial.read("tests/t.py")) == (b"2\n", b"1\n")
    assert bench.trees.trial.read("a.py") == b"x = 2\n"
    assert (bench.profile, bench.seed, bench.cores) == (Profile.FAST, 7, 3)
    assert (bench.gate_python, bench.project_python) == (sys.executable, sys.executable)
    assert bench.rig is not None
    assert bench.pacts is not None
    assert verdict.policy_digest
    assert (verdict.profile, verdict.size.files, verdict.size.added) == ("fast", 2, 2)


def test_without_a_seed_each_check_draws_its_own_and_says_which(repo: Repo, tmp_path: Path) -> None:
    gate = Spy()
    commands = [check(repo, tmp_path, gate).command for _ in range(2)]
    assert gate.seen[0].seed != gate.seen[1].seed
    assert [command.split("--seed ")[1] for command in commands] == [str(bench.seed) for bench in gate.seen]


def test_the_command_repeats_the_check_on_the_same_commits(repo: Repo, tmp_path: Path) -> None:
    base, head = repo.git("rev-parse", "main"), repo.git("rev-parse", "feature")
    command = check(repo, tmp_path, Spy(), only=("spy",), seed=1).command
    assert command == f"guardrails check --base {base} --head {head} --profile pr --seed 1 --only spy"
    repo.write({"b.py": "y = 1\n"})
    assert "--head" not in check(repo, tmp_path, Spy(), seed=1).command


def python_in(place: Path) -> Path:
    """Something that stands where a virtual environment has its interpreter."""
    path = place / ".venv" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.symlink_to(sys.executable)
    return path


def test_the_projects_own_environment_runs_its_code(repo: Repo, tmp_path: Path) -> None:
    (repo.root / ".git" / "info").mkdir(exist_ok=True)
    (repo.root / ".git" / "info" / "exclude").write_text(".venv\n")
    python = python_in(repo.root)
    gate = Spy()
    check(repo, tmp_path, gate)
    assert gate.seen[0].project_python == str(python)
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "feature")
    check(Repo(tmp_path / "linked"), tmp_path, gate)
    assert gate.seen[1].project_python == str(python)


@pytest.mark.parametrize("named", ["env/bin/python", "/opt/env/bin/python"])
def test_the_policy_of_the_base_may_name_the_environment(repo: Repo, tmp_path: Path, named: str) -> None:
    repo.git("checkout", "--quiet", "main")
    repo.commit({"guardrails.toml": f'schema = 1\n[environment]\npython = "{named}"\n'})
    repo.branch("other")
    repo.commit({"a.py": "x = 3\n", "guardrails.toml": 'schema = 1\n[environment]\npython = "/the/heads/own"\n'})
    gate = Spy()
    check(repo, tmp_path, gate)
    assert gate.seen[0].project_python == str(repo.root / named)


@pytest.mark.parametrize("side", ["base", "head", "trial"])
def test_a_tree_that_was_written_into_during_the_check_spoils_it(repo: Repo, tmp_path: Path, side: str) -> None:
    def trespass(bench: Bench) -> None:
        (getattr(bench.trees, side).root / "a.py").write_text("x = 9\n")

    verdict = check(repo, tmp_path, Spy(trespass))
    assert verdict.kind is VerdictKind.ERROR
    assert f"the {side} that was judged" in verdict.error
    assert "a.py" in verdict.error
    assert check(repo, tmp_path, Spy()).kind is VerdictKind.PASS


def test_a_new_file_beside_the_judged_ones_is_no_trespass_and_not_there_the_next_time(
    repo: Repo, tmp_path: Path
) -> None:
    gate = Spy(lambda bench: (bench.trees.head.root / "sitecustomize.py").write_text("1\n"))
    assert check(repo, tmp_path, gate).kind is VerdictKind.PASS
    present: list[bool] = []
    again = Spy(lambda bench: present.append((bench.trees.head.root / "sitecustomize.py").exists()))
    assert check(repo, tmp_path, again).kind is VerdictKind.PASS
    assert present == [False]


def test_there_is_at_least_one_core() -> None:
    assert available_cores() >= 1
