"""Checks for agents: shared by those who ask at once, ended when nobody waits."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from guardrails.cli.agents import runs
from guardrails.cli.agents.runs import Runs
from guardrails.cli.agents.server import told_meanwhile
from guardrails.errors import JudgementError
from guardrails.model.verdict import Verdict
from guardrails.report.as_json import render

WRITES = """
import sys
with open(sys.argv[1], "a") as log: log.write("x")
print(sys.stdin.read() or open(sys.argv[2]).read())
"""
STAYS = "import sys, os, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


def commands(monkeypatch: pytest.MonkeyPatch, *argv: str) -> None:
    def command(repository: Path, profile: str, only: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", *argv]

    monkeypatch.setattr(runs, "command", command)


def test_those_who_ask_at_once_share_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, source = tmp_path / "log", tmp_path / "source"
    source.write_text(render(Verdict(None, None, error="as if")))
    commands(monkeypatch, WRITES, str(log), str(source))

    async def ask() -> list[Verdict]:
        wanted = Runs(tmp_path)
        return await asyncio.gather(*(wanted.verdict("fast") for _ in range(3)), wanted.verdict("pr"))

    assert {verdict.error for verdict in asyncio.run(ask())} == {"as if"}
    assert log.read_text() == "xx"


def test_a_check_that_nobody_waits_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = tmp_path / "pid"
    commands(monkeypatch, STAYS, str(name))

    async def leave() -> None:
        wanted = Runs(tmp_path)
        first, second = (asyncio.create_task(wanted.verdict("fast")) for _ in range(2))
        while not (name.exists() and name.read_text()):
            await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        os.kill(int(name.read_text()), 0)  # the other one still waits
        (run,) = wanted._running.values()
        second.cancel()
        await asyncio.gather(second, run.task, return_exceptions=True)

    asyncio.run(leave())
    with pytest.raises(ProcessLookupError):
        os.kill(int(name.read_text()), 0)


def test_a_check_without_a_verdict_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands(monkeypatch, "import sys; sys.exit('guardrails: error: no base')")
    with pytest.raises(JudgementError, match="error: no base"):
        asyncio.run(Runs(tmp_path).verdict("fast"))


def test_who_waits_is_told_and_who_leaves_ends_the_work() -> None:
    said: list[float] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        said.append(done)

    async def talk() -> tuple[str, bool]:
        async def work() -> str:
            while len(said) < 3:
                await asyncio.sleep(0)
            return "done"

        answer = await told_meanwhile(work(), report, beat=0.001)
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        left = asyncio.create_task(told_meanwhile(never, report, beat=60))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        return answer, never.cancelled()

    assert asyncio.run(talk()) == ("done", True)
    assert said[:3] == sorted(said[:3])
