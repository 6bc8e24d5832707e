"""The load generator, started as a program of its own: it patches the process that it is in, so it is not in ours."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

import guardrails
from guardrails.adapters.loadgen.codec import Order, decode_report, encode
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.model.load_run import LoadPlan, LoadRun, LoadTarget
from guardrails.ports import Command, Completed, Processes

REPORT_LIMIT = 256_000_000
START_SECONDS = 60.0
"""What the generator may take to start, to warm up beyond its time, and to report."""
QUOTED = 2_000


class LocustRig:
    """`LoadRig` by locust, run by the interpreter `python` in a process of `processes`."""

    def __init__(self, processes: Processes, python: str) -> None:
        self._processes = processes
        self._python = python

    def drive(self, plan: LoadPlan, targets: Sequence[LoadTarget]) -> LoadRun:
        """Drive the targets in alternating slices.

        Raises:
            ToolMissingError: locust is not installed.
            JudgementError: the scenario cannot be loaded, or the generator crashed or did not end.
        """
        order = encode(Order(plan, tuple(targets))).decode()
        # The generator is ours whatever the tree of the scenario holds: -P keeps that tree out of the way.
        home = Path(guardrails.__file__).resolve().parents[1]
        completed = self._processes.run(
            Command(
                (self._python, "-P", "-m", "guardrails.adapters.loadgen", order),
                cwd=plan.root,
                env={"PYTHONPATH": str(home), "GUARDRAILS_LOAD_SEED": str(plan.seed)},
                timeout=_most_seconds(plan, len(targets)),
                channel_limit=REPORT_LIMIT,
            )
        )
        return _read(completed, plan)


def _most_seconds(plan: LoadPlan, sides: int) -> float:
    """A time in which every run ends by itself: slices are cut, and the generator bounds their number."""
    planned = sides * (plan.warmup_seconds + plan.seconds_per_side)
    return START_SECONDS + 4 * planned + 20 * plan.request_timeout_seconds


def _read(completed: Completed, plan: LoadPlan) -> LoadRun:
    if completed.timed_out:
        raise JudgementError(
            f"the load generator did not end within {completed.seconds:.0f} seconds. Does {plan.locustfile} sleep or "
            "wait by itself? Leave waiting to wait_time."
        )
    if "No module named 'locust'" in completed.stderr:
        raise ToolMissingError("locust is not installed. Install recsys-guardrails[load].")
    try:
        report = decode_report(completed.channel)
    except msgspec.DecodeError as error:
        last = completed.stderr.strip()[-QUOTED:] or "it wrote nothing"
        raise JudgementError(
            f"the load generator ended with exit status {completed.exit_code} and no report. Can {plan.locustfile} be "
            f"imported? Its output ends: {last}"
        ) from error
    if report.run is None:
        raise JudgementError(f"the load scenario cannot be driven: {report.error}")
    return report.run
