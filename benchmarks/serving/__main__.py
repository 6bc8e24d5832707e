"""Our service against a default stack: the same model, candidates and answers, measured in one run.

python -m benchmarks.serving [--sizes 10000,100000,1000000] [--quick] [--write]
"""

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.changes import ROOT
from benchmarks.serving import measure, report
from benchmarks.serving.process import SERVER_CORE, ours, running, standard
from benchmarks.serving.report import Found, Once, Plan
from benchmarks.serving.world import GREATER, TRAINED, Shape, World, make

OUTPUT = ROOT / "docs/benchmarks/serve.md"
SIZES = (10_000, 100_000, 1_000_000)
AIMED_AT = 100_000
FULL = Plan(rounds=30, slice_seconds=0.35, load_seconds=15.0, slates=100, starts=3)
QUICK = Plan(rounds=6, slice_seconds=0.3, load_seconds=5.0, slates=50, starts=1)


def main() -> int:
    """Measure, print, and write the page when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_sizes, metavar="N,N,...", help="tracks in the catalogue, several sizes")
    parser.add_argument("--quick", action="store_true", help="fewer slices, without the million: to try it")
    parser.add_argument("--write", action="store_true", help=f"write {OUTPUT.relative_to(ROOT)}")
    args = parser.parse_args()
    plan = QUICK if args.quick else FULL
    sizes = args.sizes or (SIZES[:2] if args.quick else SIZES)
    _aside()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the servers and the files go with it
    began = time.monotonic()
    with TemporaryDirectory(prefix="bench-serve-") as directory:
        found = [_measured(Path(directory), size, TRAINED, plan) for size in sizes]
        greater = None if args.quick else _measured(Path(directory), AIMED_AT, GREATER, plan)
        once = _once(Path(directory), AIMED_AT if AIMED_AT in sizes else sizes[0], plan)
    text = report.page(found, greater, once, plan, time.monotonic() - began)
    print(text)
    if args.write:
        OUTPUT.write_text(text, encoding="utf-8")
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _aside() -> None:
    """Leave the servers' core to the server that is measured."""
    others = os.sched_getaffinity(0) - {SERVER_CORE}
    if not others:
        raise SystemExit("bench-serve needs two cores: one for the server that is measured, one for the client")
    os.sched_setaffinity(0, others)


def _told(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def _world(directory: Path, size: int, shape: Shape) -> World:
    where = directory / f"{size}-{shape.trees}x{shape.leaves}"
    if where.exists():
        return World.at(where, size)
    _told(f"{size:,} tracks: making the artifact")
    return make(where, size, shape)


def _measured(directory: Path, size: int, shape: Shape, plan: Plan) -> Found:
    world = _world(directory, size, shape)
    state = world.directory / "state"
    with ExitStack() as opened:
        _told(f"{size:,} tracks, {shape.trees} trees: starting the servers")
        mine = opened.enter_context(running(ours(world, state)))
        other = opened.enter_context(running(standard(world), ready="/openapi.json"))
        plain = opened.enter_context(running(standard(world, "--no-mmr"), ready="/openapi.json"))
        bare = opened.enter_context(measure.kernels(world))
        lanes: dict[str, measure.Lane] = {
            "ours": measure.ServerLane(mine, world.users),
            "default": measure.ServerLane(other, world.users),
            "default without MMR": measure.ServerLane(plain, world.users),
            "bare kernels": measure.AskedKernels(bare),
            "bare kernels, back to back": measure.RunKernels(bare),
        }
        _told("the first visit of every user")
        first = measure.first_visits(mine, world.users)
        _told("processor time in alternating slices")
        costs = measure.alternate(lanes, plan.rounds, plan.slice_seconds)
        _told("latency at half of capacity")
        tails = {
            name: measure.half_load(server, world.users, report.typical(costs[name]), plan.load_seconds)
            for name, server in (("ours", mine), ("default", other))
        }
        _told("whether the slates agree")
        agreed = measure.agreement(world, world.directory / "state-agreement", other, plan.slates)
    return Found(size, shape, first, costs, tails, agreed)


def _once(directory: Path, size: int, plan: Plan) -> Once:
    world = _world(directory, size, TRAINED)
    _told("memory of one and of two workers; start")
    one, two = (measure.memory(world, world.directory / f"state-{workers}", workers, 600) for workers in (1, 2))
    return Once(size, one, two, measure.start(world, world.directory / "state-start", plan.starts))


if __name__ == "__main__":
    sys.exit(main())
