"""What coding agents see: the hook as they start it, and the server over its own protocol."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.catching import PROJECT
from tests.git_repositories import new_repo

pytestmark = pytest.mark.slow
GUARDRAILS = (sys.executable, "-m", "guardrails")
PASSES = '    assert ranked[0].item_id == "i1"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small project, committed, with a test of it weakened in the work tree."""
    repo = new_repo(tmp_path / "shop")
    shutil.copytree(PROJECT, repo.root, dirs_exist_ok=True)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "base")
    return repo.root


def weaken(project: Path) -> None:
    test = project / "tests/test_ranking.py"
    test.write_text(test.read_text().replace(PASSES, "    assert True\n"))


def hook(project: Path, told: Any, *options: str) -> subprocess.CompletedProcess[str]:
    text = told if isinstance(told, str) else json.dumps({"cwd": str(project), **told})
    return subprocess.run(
        [*GUARDRAILS, "hook", *options], input=text, cwd=project, text=True, capture_output=True, check=False
    )


STOP = {"hook_event_name": "Stop"}


def test_an_agent_is_held_a_set_number_of_times(project: Path) -> None:
    assert hook(project, STOP).returncode == 0
    weaken(project)
    for _ in range(3):
        held = hook(project, STOP)
        assert held.returncode == 2
        assert "tampering/assertion-always-true tests/test_ranking.py" in held.stderr
        assert held.stdout == ""
        assert len(held.stderr.splitlines()) <= 20
    let_go = hook(project, STOP)
    assert let_go.returncode == 0
    assert "ask a person" in let_go.stderr


def test_what_is_given_up_is_recorded_and_shown(project: Path) -> None:
    weaken(project)
    name = hook(project, STOP).stderr.partition("[")[2][:12]
    said = subprocess.run(
        [*GUARDRAILS, "give-up", name, "--reason", "the order of ties is not mine to choose"],
        cwd=project, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert hook(project, STOP).returncode == 0
    verdict = subprocess.run(
        [*GUARDRAILS, "check", "--profile", "fast"], cwd=project, text=True, capture_output=True, check=False
    )
    assert verdict.returncode == 1
    assert "cannot satisfy tampering/assertion-always-true" in verdict.stdout


@pytest.mark.parametrize("told", ["", "garbage", "[]", '{"hook_event_name": "Stop", "cwd": "/nowhere"}'])
def test_a_fault_of_the_hook_holds_nobody_and_is_never_1(project: Path, told: str) -> None:
    done = hook(project, told)
    assert done.returncode == 0
    if told:
        assert "nothing was judged" in done.stderr


def test_a_wrong_call_of_the_hook_holds_nobody(project: Path) -> None:
    done = hook(project, STOP, "--evnt", "stop")
    assert done.returncode == 0
    assert "unrecognized arguments" in done.stderr


def test_a_gate_that_cannot_be_imported_holds_nobody(project: Path, tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise ImportError('no such thing')\n")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [*GUARDRAILS, "hook"], input=json.dumps(STOP), cwd=project, text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "guardrails hook: nothing was judged: ImportError: no such thing\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_hook_that_is_interrupted_holds_nobody(project: Path, tmp_path: Path, number: signal.Signals) -> None:
    stub = tmp_path / "bin" / "git"
    stub.parent.mkdir()
    stub.write_text(f"#!/bin/sh\ntouch {tmp_path}/began\nexec sleep 600\n")
    stub.chmod(0o755)
    with subprocess.Popen(
        [*GUARDRAILS, "hook"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project,
        env={**os.environ, "PATH": f"{stub.parent}{os.pathsep}{os.environ['PATH']}"},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps(STOP).encode())
        process.stdin.close()
        while not (tmp_path / "began").exists():
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(30) == 0


def test_an_agent_that_takes_no_status_is_told_in_json(project: Path) -> None:
    weaken(project)
    held = hook(project, {"workspace_roots": [str(project)]}, "--agent", "cursor", "--event", "stop")
    assert held.returncode == 0
    assert "tampering/assertion-always-true" in json.loads(held.stdout)["followup_message"]


def test_before_a_tool(project: Path) -> None:
    edit = {"hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": {"file_path": "guardrails.toml"}}
    refused = hook(project, edit)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "guardrails.toml is protected" in refused.stderr
    asked = hook(project, edit, "--ask")
    assert asked.returncode == 0
    assert json.loads(asked.stdout)["hookSpecificOutput"]["permissionDecision"] == "ask"


def test_the_server_answers_over_its_protocol(project: Path) -> None:
    from mcp import Client, StdioServerParameters

    weaken(project)
    served = StdioServerParameters(
        command=sys.executable, args=["-m", "guardrails", "mcp", "--repo", str(project)], env=dict(os.environ)
    )

    async def talk() -> None:
        async with Client(served) as client:

            async def ask(name: str, **arguments: str) -> str:
                return "".join(getattr(part, "text", "") for part in (await client.call_tool(name, arguments)).content)

            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {
                "verify", "explain_rule", "where_does_this_belong", "who_reads_this", "invariants_of", "behaviour_diff",
                "give_up",
            }  # fmt: skip
            assert "there is no rule" in await ask("explain_rule", rule="nonsense")
            explained = await ask("explain_rule", rule="tampering/assertion-always-true")
            assert "Fix:" in explained
            assert "does not see" not in explained
            assert "paging" in await ask("invariants_of", stage="paging")
            assert "artist-cap" in await ask("invariants_of", stage="the diversity stage")
            assert "There are: " in await ask("invariants_of", stage="coffee")
            assert "Call verify first" in await ask("give_up", finding="abcdef", reason="it cannot be done at all")
            both = await asyncio.gather(ask("verify"), ask("verify"))
            assert both[0] == both[1]
            beats: list[float] = []

            async def beat(done: float, total: float | None, message: str | None) -> None:
                beats.append(done)

            for _ in range(3):  # nothing was tried in between, so no round is counted
                told = await client.call_tool("verify", {}, progress_callback=beat)
                assert "Stop trying" not in str(told.content)
            assert beats
            assert "tampering/assertion-always-true" in both[0]
            name = both[0].partition("[")[2][:12]
            assert "recorded" in await ask("give_up", finding=name, reason="the order of ties is not mine to choose")
            assert "tampering/assertion-always-true" not in await ask("verify")
            assert "profile is" in await ask("verify", profile="nonsense")
            slow = asyncio.create_task(ask("verify"))
            await asyncio.sleep(0)
            slow.cancel()
            await asyncio.gather(slow, return_exceptions=True)
            assert "Fix:" in await ask("explain_rule", rule="lint/violation")

    asyncio.run(talk())


def test_garbage_is_answered_and_the_server_goes_on(project: Path) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}  # fmt: skip
    unknown = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "nothing", "arguments": {}}}
    lines = ["garbage", "{", json.dumps({"jsonrpc": "2.0"}), json.dumps(hello)]
    lines += [json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}), json.dumps(unknown)]
    with subprocess.Popen(
        [*GUARDRAILS, "mcp", "--repo", str(project)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("\n".join(lines) + "\n")
        server.stdin.flush()
        answered = {}
        while {1, 2} - set(answered):
            message = json.loads(server.stdout.readline())  # nothing but the protocol is on standard output
            answered[message.get("id")] = message
        server.stdin.close()
        assert server.wait(20) == 0
    assert answered[1]["result"]["serverInfo"]["name"] == "guardrails"
    assert "error" in answered[2] or answered[2]["result"].get("isError")
