"""Events of coding agents as they write them, and what they are kept from."""

import json
from typing import Any

import pytest

from guardrails.analysis.agents.events import Event, Moment, parse
from guardrails.analysis.agents.refusals import refusals
from guardrails.config import Policy

PROTECTED = Policy().scope.protected


@pytest.mark.parametrize(
    ("told", "event"),
    [
        (
            {"hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": {"file_path": "/r/a.py"}, "cwd": "/r"},
            Event(Moment.PRE_TOOL, "Edit", paths=("/r/a.py",), directory="/r"),
        ),
        (
            {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}},
            Event(Moment.PRE_TOOL, "Bash", "ls"),
        ),
        ({"hook_event_name": "BeforeTool", "tool_name": "write_file", "tool_input": {"path": "a"}},
         Event(Moment.PRE_TOOL, "write_file", paths=("a",))),
        ({"hook_event_name": "beforeShellExecution", "command": "rm x", "cwd": "/r"},
         Event(Moment.PRE_TOOL, command="rm x", directory="/r")),
        ({"hookEventName": "preToolUse", "toolName": "bash", "toolArgs": '{"command": "ls"}'},
         Event(Moment.PRE_TOOL, "bash", "ls")),
        ({"hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {"file_path": "pyproject.toml"}},
         Event(Moment.PRE_TOOL, "Read")),
        ({"hook_event_name": "PreToolUse", "tool_name": "MultiEdit",
          "tool_input": {"edits": [{"path": "a"}, {"path": "b"}]}},
         Event(Moment.PRE_TOOL, "MultiEdit", paths=("a", "b"))),
        ({"hook_event_name": "SubagentStop"}, Event(Moment.STOP)),
        ({"hook_event_name": "AfterAgent"}, Event(Moment.STOP)),
        ({"hook_event_name": "Notification"}, Event(Moment.OTHER)),
        ({"hook_event_name": 7, "tool_input": [1], "tool_name": None}, Event(Moment.OTHER)),
        ({}, Event(Moment.OTHER)),
    ],
)  # fmt: skip
def test_an_event_is_read_whoever_writes_it(told: dict[str, Any], event: Event) -> None:
    assert parse(json.dumps(told)) == event


def test_the_moment_may_be_given() -> None:
    assert parse("", "stop").moment is Moment.STOP
    assert parse('{"command": "ls"}', "pre-tool") == Event(Moment.PRE_TOOL, command="ls")


@pytest.mark.parametrize("text", ["[]", "1", '"x"', "{", "null"])
def test_what_is_no_object_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"object|Expecting"):
        parse(text)


def of(command: str) -> Event:
    return Event(Moment.PRE_TOOL, "Bash", command, directory="/repo")


@pytest.mark.parametrize(
    "command",
    [
        "guardrails approve abc --reason x --key k",
        "python -m guardrails approve abc",
        "git commit -m x --no-verify",
        "git push --no-verify",
        "PYTEST_ADDOPTS='-k nothing' make test",
        "GUARDRAILS_JUDGE=x guardrails check",
        "ssh-keygen -q -Y sign -f key file",
        "echo x > pyproject.toml",
        "echo x >> /repo/guardrails.toml",
        "sed -i s/a/b/ pyproject.toml",
        "rm -f .importlinter",
        "cat new | tee Makefile",
        "cp x tests/conftest.py",
        "git checkout main -- .github/workflows/gate.yml",
        "cd /repo; touch sitecustomize.py",
    ],
)
def test_what_an_agent_must_not_do(command: str) -> None:
    assert refusals(of(command), PROTECTED, "/repo")


@pytest.mark.parametrize(
    "command",
    [
        "guardrails check --profile fast",
        "guardrails explain tampering/test-deleted",
        "git commit -m 'Say -n in a message'",
        "cat pyproject.toml",
        "grep -n x Makefile | head",
        "sed -n 1,5p pyproject.toml",
        "pytest -q > out.txt 2>&1",
        "rm -rf build",
        "cp pyproject.toml.bak /elsewhere/pyproject.toml",
        "echo 'unbalanced",
    ],
)
def test_what_an_agent_may_do(command: str) -> None:
    assert refusals(of(command), PROTECTED, "/repo") == ()


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/repo/pyproject.toml", True),
        ("pyproject.toml", True),
        ("/repo/shop/../pyproject.toml", True),
        ("/repo/shop/rank.py", False),
        ("/elsewhere/pyproject.toml", False),
        ("/repository/pyproject.toml", False),
    ],
)
def test_protected_paths_below_the_root(path: str, refused: bool) -> None:
    assert (
        bool(refusals(Event(Moment.PRE_TOOL, "Edit", paths=(path,), directory="/repo"), PROTECTED, "/repo")) is refused
    )
