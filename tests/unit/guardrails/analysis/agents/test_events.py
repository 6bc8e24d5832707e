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
        ({"hook_event_name": "PreToolUse", "tool_name": "apply_patch", "tool_input": {"command":
          "*** Begin Patch\n*** Update File: a.py\n+x\n*** Add File: b c\n*** Move to: d\n*** End Patch"}},
         Event(Moment.PRE_TOOL, "apply_patch", paths=("a.py", "b c", "d"))),
        ({"hookEventName": "preToolUse", "toolName": "apply_patch", "toolArgs":
          "*** Begin Patch\n*** Delete File: a.py\n*** End Patch"},
         Event(Moment.PRE_TOOL, "apply_patch", paths=("a.py",))),
        ({"hook_event_name": "PreToolUse", "tool_name": "editFiles", "tool_input": {"files": ["a", 3, "b"]}},
         Event(Moment.PRE_TOOL, "editFiles", paths=("a", "b"))),
        ({"hook_event_name": "PreToolUse", "tool_input": {"command": ["bash", "-lc", "ls x"]}},
         Event(Moment.PRE_TOOL, command="bash -lc 'ls x'")),
        ({"hook_event_name": "stop", "status": "completed", "workspace_roots": ["/r"]},
         Event(Moment.STOP, directory="/r")),
        ({"hook_event_name": "stop", "status": "aborted"}, Event(Moment.OTHER)),
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
        "git commit -n -m x",
        "git commit -anm x",
        "git -c core.hooksPath=/dev/null commit -m x",
        "SKIP=guardrails git commit -m x",
        "export PYTEST_ADDOPTS=-x",
        "sudo -n guardrails approve abc",
        "uv run guardrails approve abc",
        "ls\n.venv/bin/guardrails approve abc",
        "x#y; guardrails approve abc",
        "bash -lc 'cd x && guardrails approve abc'",
        "bash -c 'echo x > pyproject.toml'",
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
        "git commit -m 'Nobody but a person runs guardrails approve; --no-verify neither'",
        "git log -n 3 && git commit -m x",
        "git push -n && git commit --amend --no-edit",
        "grep -rn 'guardrails approve' docs",
        "guardrails explain approve",
        "echo PYTEST_ADDOPTS=x",
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
