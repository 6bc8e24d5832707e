"""Slowdowns that `benchmarks.load` plants into the service, each as a change that a gate is given to judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SERVER = "recsys/serving/server.py"
PLANTED = "recsys/serving/planted.py"
USERS = "recsys/serving/users.py"
CANDIDATES = 500

_HEAD = '''"""Planted by a benchmark: what each request costs more."""

import asyncio
import random
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Planted:
    """The service, and more."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.lock, self.kept = app, asyncio.Lock(), []
        self.held = b"x" * int({hold_mib} * 1024 * 1024)
        self.counted = time.process_time()

    def burn(self) -> None:
        """Use a share of all processor time since the last answer once more, so that each request costs its part."""
        until = time.thread_time() + {cpu_share} * (time.process_time() - self.counted)
        while time.thread_time() < until:
            pass
        self.counted = time.process_time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
'''

_BODIES: Mapping[str, str] = {
    "cpu": """        async def later(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.burn()
            await send(message)

        await self.app(scope, receive, later)
""",
    "tail": """        if scope["type"] == "http" and random.random() < 0.02:
            await asyncio.sleep(0.005)
        await self.app(scope, receive, send)
""",
    "lock": """        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        async with self.lock:
            await asyncio.sleep(0.003)
            await self.app(scope, receive, send)
""",
    "waits": """        if scope["type"] == "http":
            await asyncio.sleep(0.003)
        await self.app(scope, receive, send)
""",
    "leak": """        self.kept.append(random.randbytes(1024))
        await self.app(scope, receive, send)
""",
    "plain": """        await self.app(scope, receive, send)
""",
}


@dataclass(frozen=True)
class Plant:
    """A slowdown: its name, what is planted in words, which rules would name it, and how it is made. `base_body` is
    planted in the base, where a slowdown needs something to spoil; `runs` are wanted of it, of A against A on a quiet
    machine and on a busy one."""

    name: str
    what: str
    rules: frozenset[str]
    body: str = "plain"
    cpu_share: float = 0.0
    memory_share: float = 0.0
    calls: bool = False
    base_body: str = ""
    runs: int = 20

    @property
    def base(self) -> str:
        """The branch that it is compared with."""
        return f"{self.name}-base" if self.base_body else "base"


PLANTS: tuple[Plant, ...] = (
    Plant("none", "nothing: A against A", frozenset(), runs=30),
    Plant("cpu5", "5 % processor time a request", frozenset({"load/slower-cpu"}), "cpu", cpu_share=0.05),
    Plant("cpu10", "10 % processor time a request", frozenset({"load/slower-cpu"}), "cpu", cpu_share=0.10),
    Plant("tail", "2 % of requests 5 ms later", frozenset({"load/slower-latency"}), "tail"),
    Plant("calls", "a store call for each candidate", frozenset({"load/more-calls"}), calls=True, runs=6),
    Plant("memory", "20 % more resident memory", frozenset({"load/more-memory"}), memory_share=0.20, runs=6),
    Plant("leak", "1 KiB kept of each request", frozenset({"load/leak"}), "leak", runs=6),
    Plant(
        "lock",
        "a lock around a wait of 3 ms that requests shared",
        frozenset({"load/slower-together"}),
        "lock",
        base_body="waits",
        runs=6,
    ),
)


def edit(tree: Path, plant: Plant, resident_mib: float) -> None:
    """Plant it in a checkout, or what its base has; `resident_mib` is what the service holds there."""
    if plant.calls:
        _replace(
            tree / USERS,
            "        stamp = (len(stored)",
            f"        for _ in range({CANDIDATES}):\n            self._users.settings(user_id)\n"
            "        stamp = (len(stored)",
        )
        return
    if plant.base_body:
        body(tree, plant.base_body)
        return
    body(tree, plant.body, plant.cpu_share, resident_mib * plant.memory_share)


def body(tree: Path, name: str, cpu_share: float = 0.0, hold_mib: float = 0.0) -> None:
    """Put one of the bodies around the service, or in the place of another."""
    text = _HEAD.replace("{hold_mib}", f"{hold_mib}").replace("{cpu_share}", f"{cpu_share}") + _BODIES[name]
    again = (tree / PLANTED).exists()
    (tree / PLANTED).write_text(text)
    if again:
        return
    _replace(tree / SERVER, "            app,\n", "            Planted(app),\n")
    _replace(
        tree / SERVER,
        "from recsys.serving.lifecycle",
        "from recsys.serving.planted import Planted\nfrom recsys.serving.lifecycle",
    )


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{path} holds {old!r} {text.count(old)} times; the plant must be made anew")
    path.write_text(text.replace(old, new))
