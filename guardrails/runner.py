"""From a plan to results: independent gates side by side, those that measure time by themselves afterwards.

Whatever a gate does, it gets exactly one result: one that raises, whatever it raises, could not judge.
"""

import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from guardrails.errors import GuardrailsError
from guardrails.gates.base import Bench, Gate
from guardrails.model.result import GateResult, errored, judged, skipped
from guardrails.policy import Plan


class Progress(Protocol):
    """Who is told how far the gates are. Called from several threads."""

    def started(self, gate: str) -> None:
        """A gate has begun."""

    def finished(self, result: GateResult) -> None:
        """A gate has its result."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What running gates takes: `bench(cores)` for one gate, `jobs` gates at once, a clock in seconds, who is told, and
    what stops the programs that gates wait for."""

    bench: Callable[[int], Bench]
    jobs: int
    clock: Callable[[], float]
    progress: Progress
    stop: Callable[[], None]


def run(plan: Plan[Gate], order: Sequence[str], workshop: Workshop) -> tuple[GateResult, ...]:
    """The results of all gates of the plan, the skipped ones too, in the order of the names in `order`."""
    results = {name: skipped(name, skip) for name, skip in plan.skipped}
    for result in results.values():
        workshop.progress.finished(result)
    beside = [gate for gate in plan.run if not gate.alone]
    cores = max(1, workshop.jobs // max(1, min(workshop.jobs, len(beside))))
    results |= _side_by_side(beside, cores, workshop)
    for gate in plan.run:
        if gate.alone:
            results |= _side_by_side([gate], workshop.jobs, workshop)
    return tuple(results[name] for name in order if name in results)


def _side_by_side(gates: Sequence[Gate], cores: int, workshop: Workshop) -> dict[str, GateResult]:
    """The results of gates that may run at the same time, each with `cores` cores."""
    if not gates:
        return {}
    pool = ThreadPoolExecutor(max_workers=max(1, workshop.jobs), thread_name_prefix="gate")
    try:
        futures: list[Future[GateResult]] = [pool.submit(_one, gate, cores, workshop) for gate in gates]
        wait(futures)
        return {result.name: result for result in (future.result() for future in futures)}
    except BaseException:
        workshop.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(gate: Gate, cores: int, workshop: Workshop) -> GateResult:
    """The one result of one gate."""
    began = workshop.clock()
    workshop.progress.started(gate.name)
    try:
        bench = workshop.bench(cores)
        skip = gate.skip(bench)
        if skip is not None:
            result = skipped(gate.name, skip)
        else:
            outcome = gate.run(bench)
            result = judged(gate.name, outcome, workshop.clock() - began)
    except GuardrailsError as error:
        message = f"{str(error).rstrip('.')}. Who must act: {error.who_acts}."
        result = errored(gate.name, message, workshop.clock() - began)
    except BaseException as error:  # noqa: BLE001 - a crash, an exit too, is an error of this gate and no pass
        result = errored(gate.name, _crash(error), workshop.clock() - began)
    workshop.progress.finished(result)
    return result


def _crash(error: BaseException) -> str:
    """What crashed, in one sentence with the place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name})" if frames else ""
    text = " ".join(str(error).split())
    return f"the gate crashed: {type(error).__name__}{f': {text}' if text else ''}{place}. Report it to its owner."


def alive() -> bool:
    """Whether a gate is still at work: after an interruption one may be, until it next asks for a program."""
    return any(thread.name.startswith("gate") and thread.is_alive() for thread in threading.enumerate())
