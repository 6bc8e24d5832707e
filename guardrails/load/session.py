"""The services of a check: made once, started anew for each run, and stopped after it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from guardrails.errors import JudgementError
from guardrails.load.service import Recipe, artifact, serving
from guardrails.model.load_run import BASE, HEAD, LoadPlan, LoadRun, LoadTarget
from guardrails.ports import LoadRig, Processes, Store, Tree

TIGHT_HEAP = {
    "PYTHONMALLOC": "malloc",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4096",
    "MALLOC_TOP_PAD_": "0",
    "MALLOC_TRIM_THRESHOLD_": "0",
}
"""Variables by which Python and the C library give back what they do not need. A start leaves megabytes of holes in
their heaps, and a leak fills those before anybody sees the process grow. It costs time, so nothing is timed with it."""


class NotStartedError(JudgementError):
    """The head's service cannot be started where the base's can: a finding, not a doubt."""


class Watch(Protocol):
    """Reads what the services say of themselves at both ends of a run."""

    def read(self, targets: Sequence[LoadTarget]) -> Mapping[str, Any]:
        """What each side says so far."""

    def noted(self, run: LoadRun, before: Mapping[str, Any], targets: Sequence[LoadTarget]) -> LoadRun:
        """The run with what was said since `before`."""


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that stays the same between the runs of one check. `trees` holds the sides that are driven."""

    trees: Mapping[str, Tree]
    artifacts: Mapping[str, Path | None]
    recipe: Recipe
    processes: Processes
    store: Store
    rig: LoadRig
    watches: tuple[Watch, ...] = ()

    @classmethod
    def prepared(
        cls,
        trees: Mapping[str, Tree],
        recipe: Recipe,
        processes: Processes,
        store: Store,
        rig: LoadRig,
        watches: tuple[Watch, ...] = (),
    ) -> "Session":
        """A session with what each side serves.

        Raises:
            NotStartedError: the head's cannot be made.
            JudgementError: the base's cannot be made.
        """
        made: dict[str, Path | None] = {}
        for side, tree in trees.items():
            try:
                made[side] = artifact(tree, recipe, processes, store)
            except JudgementError as error:
                raise _of(side, error) from error
        return cls(trees, made, recipe, processes, store, rig, watches)

    def drive(self, plan: LoadPlan) -> LoadRun:
        """One run, with services that were started for it.

        Raises:
            NotStartedError: the head's service does not start.
            JudgementError: the base's does not, or it fails under load, or the generator does.
            ToolMissingError: the generator is not installed.
        """
        with ExitStack() as stack:
            scratch = stack.enter_context(self.store.scratch())
            targets = self._started(scratch, stack, TIGHT_HEAP if plan.leak_requests else {})
            before = [watch.read(targets) for watch in self.watches]
            run = self.rig.drive(plan, targets)
            for watch, first in zip(self.watches, before, strict=True):
                run = watch.noted(run, first, targets)
        if BASE in self.trees and (trouble := _of_base(run)):
            raise JudgementError(
                f"the base itself cannot be measured: {trouble}. Correct the scenario or the base first."
            )
        return run

    def _started(self, scratch: Path, stack: ExitStack, env: Mapping[str, str]) -> list[LoadTarget]:
        """All sides, which start at once: starts are a large part of a check, and nothing is timed yet."""
        # The threads stay as long as the services: what a sandbox started ends with the thread that started it.
        pool = stack.enter_context(ThreadPoolExecutor(len(self.trees)))
        starts = [pool.submit(self._start, side, scratch / side, stack, env) for side in self.trees]
        wait(starts)
        return [start.result() for start in starts]

    def _start(self, side: str, state: Path, stack: ExitStack, env: Mapping[str, str]) -> LoadTarget:
        running = serving(self.trees[side], self.artifacts[side], self.recipe, self.processes, state, env=env)
        try:
            service = stack.enter_context(running)
        except JudgementError as error:
            raise _of(side, error) from error
        return LoadTarget(side, service.url, service.pid)


def _of(side: str, error: JudgementError) -> JudgementError:
    """Who must act: a base that fails is a doubt, a head that fails is a finding."""
    return NotStartedError(str(error)) if side == HEAD else JudgementError(f"of the base: {error}")


def _of_base(run: LoadRun) -> str:
    """Why the base is nothing to compare with; empty where it is."""
    if run.ended_by:
        return run.complaint if run.ended_by == BASE else ""
    tally = run.tallies[BASE]
    if any(one.milliseconds for one in run.slices if one.side == BASE) or sum(tally.errors.values()) < tally.requests:
        return ""
    common = max(tally.errors, key=lambda why: tally.errors[why], default="not one error")
    return f"none of {tally.requests} requests got a good answer; the commonest error is {common}"
