"""Whose gate judges: the base's, unless the running one is the same to the byte."""

import os
from pathlib import Path

import pytest

import guardrails
from guardrails.cli import origin
from guardrails.cli.origin import Origin, judge_of, take_over
from tests.judge_fakes import FakeTree

Files = dict[str, str]
REGISTRY = "guardrails/gates/registry.py"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files of a small gate that is taken for the running one."""
    files = {"guardrails/__init__.py": "", REGISTRY: "GATES = ()\n"}
    FakeTree(tmp_path / "running", files)
    monkeypatch.setattr(guardrails, "__file__", str(tmp_path / "running" / "guardrails" / "__init__.py"))
    return files


def judged(tmp_path: Path, base: dict[str, str], head: dict[str, str], marker: str = "") -> tuple[Origin, FakeTree]:
    tree = FakeTree(tmp_path / "base", base)
    environment = {"GUARDRAILS_JUDGE": marker or tree.digest} if marker else {}
    return judge_of(tree, FakeTree(tmp_path / "head", head), environment), tree


def test_an_ordinary_repository_is_judged_by_the_running_gate(tmp_path: Path, running: dict[str, str]) -> None:
    assert judged(tmp_path, {"a.py": ""}, {"a.py": "1"})[0] == Origin()


def test_the_same_gate_judges_whatever_the_head_makes_of_it(tmp_path: Path, running: dict[str, str]) -> None:
    assert judged(tmp_path, running, {**running, REGISTRY: "GATES = None\n"})[0] == Origin()


@pytest.mark.parametrize(
    "difference", [{REGISTRY: "GATES = (1,)\n"}, {"guardrails/more.py": ""}, {"guardrails/data.json": "{}"}]
)
def test_another_gate_at_the_base_takes_over(
    tmp_path: Path, running: dict[str, str], difference: dict[str, str]
) -> None:
    found, tree = judged(tmp_path, {**running, **difference}, {})
    assert (found.root, found.tree) == (tree.root, tree.digest)


def test_a_module_that_only_the_running_gate_has_is_a_difference(tmp_path: Path, running: dict[str, str]) -> None:
    (tmp_path / "running" / "guardrails" / "extra.py").write_text("")
    assert judged(tmp_path, running, running)[0].root is not None


def test_a_gate_that_cannot_be_the_bases_says_so_and_does_not_loop(tmp_path: Path, running: dict[str, str]) -> None:
    base = {**running, REGISTRY: "GATES = (1,)\n"}
    tree = FakeTree(tmp_path / "base", base)
    found = judge_of(tree, FakeTree(tmp_path / "head", {}), {"GUARDRAILS_JUDGE": tree.digest})
    assert found.root is None
    assert f"{REGISTRY} differs" in found.notes[0]
    assert judge_of(tree, tree, {"GUARDRAILS_JUDGE": "of another base"}).root is not None


def test_a_head_that_brings_the_first_gate_is_judged_by_the_running_one_and_it_is_said(
    tmp_path: Path, running: dict[str, str]
) -> None:
    found, _ = judged(tmp_path, {"a.py": ""}, running)
    assert found.root is None
    assert "no gate of its own" in found.notes[0]


def test_the_base_takes_over_with_its_own_package_before_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _, argv, env: called.append((argv, env)))
    take_over(Origin(Path("/base"), "t1"), ["check", "--newest"], {"PYTHONPATH": "/head", "HOME": "/h"})
    ((argv, env),) = called
    assert argv[1:] == ["-P", "-B", "-m", "guardrails", "check", "--newest"]
    assert env == {"PYTHONPATH": "/base", "HOME": "/h", "GUARDRAILS_JUDGE": "t1"}
    assert origin.PACKAGE == "guardrails/"
