"""Ruff's configuration is found as ruff finds it, and its answers are read or refused."""

from pathlib import Path

import pytest

from guardrails.analysis import ruff
from guardrails.analysis.source import Sources
from guardrails.errors import JudgementError
from tests.judge_fakes import Content, FakeTree


def sources(tmp_path: Path, **files: Content) -> Sources:
    names = {name.replace("__", "/").replace("_toml", ".toml"): text for name, text in files.items()}
    return Sources(FakeTree(tmp_path, names))


def test_each_directory_takes_the_file_that_ruff_prefers(tmp_path: Path) -> None:
    found = sources(
        tmp_path, pyproject_toml="[tool.ruff]\n", ruff_toml="", a__pyproject_toml="[project]\n", b__ruff_toml=""
    )
    assert ruff.configurations(found) == {"": "ruff.toml", "b": "b/ruff.toml"}


def test_a_broken_pyproject_that_names_ruff_is_a_configuration(tmp_path: Path) -> None:
    assert ruff.configurations(sources(tmp_path, pyproject_toml="[tool.ruff\n")) == {"": "pyproject.toml"}


def test_only_what_ruff_acts_on_is_compared(tmp_path: Path) -> None:
    one = sources(tmp_path / "1", pyproject_toml='[project]\nname = "a"\n[tool.ruff]\nline-length = 9\n')
    two = sources(tmp_path / "2", pyproject_toml='[project]\nname = "b"\n\n[tool.ruff]\nline-length = 9 # cosmetic\n')
    assert ruff.relevant(one) == ruff.relevant(two)
    three = sources(tmp_path / "3", pyproject_toml="[tool.ruff]\nline-length = 8\n")
    assert ruff.relevant(one) != ruff.relevant(three)


@pytest.mark.parametrize("answer", ["", "{}x", '[{"code": "F401"}]', "[1]"])
def test_an_answer_that_cannot_be_read_is_refused(answer: str) -> None:
    with pytest.raises(JudgementError):
        ruff.violations(answer, "/t", frozenset())


def test_the_formatter_answers_with_paths() -> None:
    answer = "a b.py:1:2: unformatted: File would be reformatted\nc.py: unformatted: x\n1 file would be reformatted\n"
    assert ruff.unformatted(answer, "sub", "/t", frozenset({"sub/a b.py", "sub/c.py"})) == {"sub/a b.py", "sub/c.py"}
