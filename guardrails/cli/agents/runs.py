"""Checks that agents ask for, each in its own process: shared by those who ask at once, ended when nobody waits."""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guardrails.cli.agents.running import command, told
from guardrails.model.verdict import Verdict

_JOIN_SECONDS = 1.0
_END_SECONDS = 10.0
Key = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class _Run:
    task: "asyncio.Task[Verdict]"
    began: float
    waiting: int = 0


class Runs:
    """The checks of one repository. One at a time: two would measure each other."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._running: dict[Key, _Run] = {}
        self._turn = asyncio.Lock()

    async def verdict(self, profile: str, only: Sequence[str] = ()) -> Verdict:
        """The verdict on the change as it is now. One who asks within a second of another gets the same run.

        Raises:
            JudgementError: the check gave none.
        """
        key = (profile, tuple(only))
        run = self._running.get(key)
        if run is None or run.task.done() or time.monotonic() - run.began > _JOIN_SECONDS:
            run = self._running[key] = _Run(asyncio.create_task(self._judge(profile, only)), time.monotonic())
        run.waiting += 1
        try:
            return await asyncio.shield(run.task)
        finally:
            run.waiting -= 1
            if not run.waiting and not run.task.done():
                run.task.cancel()

    async def _judge(self, profile: str, only: Sequence[str]) -> Verdict:
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="guardrails-agent-") as place:
                output = Path(place, "verdict.json")
                with output.open("wb") as file:
                    process = await asyncio.create_subprocess_exec(
                        *command(self._repository, profile, only),
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=file,
                        stderr=asyncio.subprocess.PIPE,
                        start_new_session=True,
                    )
                try:
                    _, said = await process.communicate()
                except asyncio.CancelledError:
                    await _end(process)
                    raise
                return told(output, said.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask a check to end, as Ctrl-C does, so that it ends what it started; kill it where it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.communicate(), _END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
