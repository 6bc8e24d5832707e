"""The measurements: processor time in alternating slices, latency under open arrivals, agreement, memory, start."""

import contextlib
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.serving.client import Connection, arrive, bodies, body_of, parsed
from benchmarks.serving.process import Server, exploring_off, ours, pinned, running
from benchmarks.serving.world import World
from guardrails.adapters.loadgen.meter import tree_seconds
from guardrails.load.statistics import quantile

SCORE_TOLERANCE = 1e-5
RELEVANCE_TOLERANCE = 1e-5


class Lane(Protocol):
    """Something whose processor time a request can be read in a slice."""

    def slice(self, seconds: float) -> float:
        """Run for about so long; return seconds of processor time a request."""
        ...


class ServerLane:
    """A server, asked over one connection: the next request goes out when the answer is there."""

    def __init__(self, server: Server, users: Sequence[str]) -> None:
        self.server, self._requests = server, bodies(users)

    def slice(self, seconds: float) -> float:
        """The processor time of the process and its threads, as the operating system counted it.

        A connection for each slice: a server closes one that is idle while the others have their turns.
        """
        with contextlib.closing(Connection(self.server.port)) as connection:
            until, requests, before = time.monotonic() + seconds, 0, tree_seconds(self.server.process.pid)
            while requests == 0 or time.monotonic() < until:
                connection.ask(next(self._requests))
                requests += 1
            return (tree_seconds(self.server.process.pid) - before) / requests


def first_visits(server: Server, users: Sequence[str]) -> float:
    """Seconds of processor time a request where every user is asked about for the first time."""
    asked, before = bodies(users), tree_seconds(server.process.pid)
    with contextlib.closing(Connection(server.port)) as connection:
        for _ in users:
            connection.ask(next(asked))
    return (tree_seconds(server.process.pid) - before) / len(users)


class Kernels:
    """The bare kernels, in a process of their own. They read their processor time themselves, without the pipe's."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.expected = self.run(50) / 50

    def run(self, requests: int) -> float:
        """Have so many requests made one after another; return the seconds of processor time that they took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{requests}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@dataclass(frozen=True, slots=True)
class AskedKernels:
    """One request at a time, the next when the answer is there: they find the processor as a server finds it."""

    kernels: Kernels

    def slice(self, seconds: float) -> float:
        """The mean of so many as fit."""
        until, taken = time.monotonic() + seconds, [self.kernels.run(1)]
        while time.monotonic() < until:
            taken.append(self.kernels.run(1))
        return statistics.fmean(taken)


@dataclass(frozen=True, slots=True)
class RunKernels:
    """One request after another without a pause, in caches that nothing else has touched."""

    kernels: Kernels

    def slice(self, seconds: float) -> float:
        """The mean of so many as should fit."""
        requests = max(1, round(seconds / self.kernels.expected))
        return self.kernels.run(requests) / requests


@contextlib.contextmanager
def kernels(world: World) -> Iterator[Kernels]:
    """Start the bare kernels."""
    command = [sys.executable, "-m", "benchmarks.serving.kernels", str(world.directory)]
    with pinned(command, stdin=subprocess.PIPE) as process:
        yield Kernels(process)


def alternate(lanes: dict[str, Lane], rounds: int, seconds: float, seed: int = 7) -> dict[str, list[float]]:
    """Slices of every lane in turn, in an order that is drawn anew each round. The first round warms up."""
    coin, found = random.Random(seed), {name: [] for name in lanes}  # type: ignore[var-annotated]
    for number in range(rounds + 1):
        for name in coin.sample(sorted(lanes), len(lanes)):
            cost = lanes[name].slice(seconds)
            if number:
                found[name].append(cost)
    return found


@dataclass(frozen=True, slots=True)
class Tail:
    """Latency in seconds at a rate of so many requests a second."""

    rate: float
    p50: float
    p95: float
    p99: float
    requests: int


def half_load(server: Server, users: Sequence[str], cost: float, seconds: float, seed: int = 7) -> Tail:
    """Poisson arrivals at half of what one core can do at `cost` seconds a request."""
    rate, coin = 0.5 / cost, random.Random(seed)
    due: list[float] = []
    at = 0.0
    while at < seconds:
        at += coin.expovariate(rate)
        due.append(at)
    taken = arrive(server.port, bodies(users), due)
    return Tail(rate, *(quantile(taken, share) for share in (0.5, 0.95, 0.99)), len(taken))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two stacks' slates are the same.

    same: slates that are equal, track by track. tied: others that part where two tracks are worth the same to within
    the tolerance. apart: the rest, which would be a fault. score: the greatest difference of one track's two scores.
    """

    slates: int
    same: int
    tied: int
    apart: int
    score: float


def agreement(world: World, state: Path, other: Server, slates: int) -> Agreement:
    """Ask ours, with exploration off, and the default stack for the same slates."""
    same = tied = 0
    score = 0.0
    with (
        exploring_off() as options,
        running(ours(world, state, *options)) as mine,
        contextlib.closing(Connection(mine.port)) as left,
        contextlib.closing(Connection(other.port)) as right,
    ):
        for user in world.users[:slates]:
            ask = body_of(user)
            first, second = (parsed(one.ask(ask))["items"] for one in (left, right))
            names = [[item["track_id"] for item in items] for items in (first, second)]
            scores = {item["track_id"]: item["score"] for item in second}
            for item in first:
                if item["track_id"] in scores:
                    score = max(score, abs(item["score"] - scores[item["track_id"]]))
            if names[0] == names[1]:
                same += 1
            elif _tied(right, user, *names):
                tied += 1
    return Agreement(slates, same, tied, slates - same - tied, score)


def _tied(connection: Connection, user: str, mine: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the two lists part at tracks that the default stack itself holds to be worth the same there."""
    place = next((at for at, (one, two) in enumerate(zip(mine, other, strict=False)) if one != two), None)
    if place is None:
        return False
    values = parsed(connection.ask(body_of(user, shown=mine[:place], tracks=[mine[place], other[place]]), "/v1/worth"))
    first, second = values["worth"]
    return first is not None and second is not None and abs(first - second) <= RELEVANCE_TOLERANCE


def memory(world: World, state: Path, workers: int, requests: int) -> int:
    """Bytes (PSS) of a service with so many workers, after requests over enough connections to reach every one."""
    with running(ours(world, state, "--workers", str(workers))) as server:
        asked = bodies(world.users)
        connections = [Connection(server.port) for _ in range(8)]
        for number in range(requests):
            connections[number % 8].ask(next(asked))
        found = server.pss()
        for connection in connections:
            connection.close()
    return found


def start(world: World, state: Path, times: int) -> float:
    """Median seconds from the start of the process to its first ready answer; the files are in the page cache."""
    found = []
    for _ in range(times):
        with running(ours(world, state)) as server:
            found.append(server.started)
    return statistics.median(found)
