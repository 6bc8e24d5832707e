"""What init writes for coding agents: new files, and words where there is one."""

import json
from pathlib import Path

import pytest

from guardrails.cli.agents.files import AGENTS, files_for
from guardrails.cli.init_agents import agent_files
from guardrails.errors import UsageError


@pytest.mark.parametrize("name", AGENTS)
def test_every_agent_is_set_up_where_nothing_is(tmp_path: Path, name: str) -> None:
    assert {file.path: file.text for file in agent_files(tmp_path, [name, name]) if not file.kept} == files_for(name)


def test_what_is_there_is_left_alone_and_what_it_would_be_is_said(tmp_path: Path) -> None:
    path, text = next(iter(files_for("cursor").items()))
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text('{"mine": 1}')
    file = agent_files(tmp_path, ["cursor"])[0]
    assert (file.kept, '"mine": 1' in file.hint) == ("it exists", True)
    assert json.loads(file.hint.partition("\n")[2]) == {"mine": 1, **json.loads(text)}
    (tmp_path / path).write_text(text)
    assert agent_files(tmp_path, ["cursor"])[0].kept == "it holds what the agent needs"


@pytest.mark.parametrize(("there", "words"), [(b"{", "no JSON"), (b"\xff", "not UTF-8")])
def test_what_cannot_be_read_is_said(tmp_path: Path, there: bytes, words: str) -> None:
    path = next(iter(files_for("cursor")))
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_bytes(there)
    file = agent_files(tmp_path, ["cursor"])[0]
    assert (file.kept, words in file.hint) == ("it exists", True)


def test_an_unknown_agent_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'gemini'"):
        agent_files(tmp_path, ["gemni"])
