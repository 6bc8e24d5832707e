"""The generator of open arrivals, started as a program of its own; what it has seen is kept, however it ends."""

import tempfile
import time
from pathlib import Path

import guardrails
from guardrails.adapters.loadgen.opencodec import Line, OpenOrder, decode_record, encode
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.model.open_run import Memory, OpenPlan, OpenRun, OpenTarget
from guardrails.ports import Command, Completed, Processes

START_SECONDS = 60.0
"""What the generator may take to start and to write its last line."""
QUOTED = 2_000


class OpenRig:
    """`ArrivalRig` by locust, run by the interpreter `python` in a process of `processes`."""

    def __init__(self, processes: Processes, python: str) -> None:
        self._processes = processes
        self._python = python
        self.kept: OpenRun | None = None
        """What the last run had seen when it was stopped."""

    def arrive(self, plan: OpenPlan, target: OpenTarget) -> OpenRun:
        """Send the arrivals of a plan.

        Raises:
            ToolMissingError: locust is not installed.
            JudgementError: the scenario cannot be driven, or the generator crashed, did not end or was stopped.
        """
        began = time.monotonic()
        self.kept = None
        with tempfile.TemporaryDirectory(prefix="gr-open-") as place:
            order, record = Path(place) / "order.json", Path(place) / "record.jsonl"
            order.write_bytes(encode(OpenOrder(plan, target)))
            try:
                completed = self._processes.run(self._command(plan, order, record))
            except BaseException:  # a Ctrl-C too: what was seen so far is worth more than nothing
                self.kept = _run(plan, _lines(record), time.monotonic() - began)
                raise
            return _read(plan, completed, _lines(record), time.monotonic() - began)

    def _command(self, plan: OpenPlan, order: Path, record: Path) -> Command:
        # The generator is ours whatever the tree of the scenario holds: -P keeps that tree out of the way.
        home = Path(guardrails.__file__).resolve().parents[1]
        return Command(
            (self._python, "-P", "-m", "guardrails.adapters.loadgen.open", str(order), str(record)),
            cwd=plan.root,
            env={"PYTHONPATH": str(home), "GUARDRAILS_LOAD_SEED": str(plan.seed)},
            timeout=START_SECONDS + plan.seconds + 4 * plan.request_timeout_seconds,
        )


def _lines(record: Path) -> tuple[Line, ...]:
    return decode_record(record.read_bytes()) if record.exists() else ()


def _run(plan: OpenPlan, lines: tuple[Line, ...], seconds: float) -> OpenRun:
    last = lines[-1] if lines else Line()
    return OpenRun(
        planned=len(plan.arrivals),
        answers=tuple(answer for line in lines for answer in line.answers),
        errors=last.errors,
        marks=last.marks,
        memory=tuple(m for line in lines if isinstance(m := line.memory, Memory)),
        generator_share=last.generator_share,
        seconds=seconds,
        complaint=last.complaint,
        died=last.died,
        partial=not last.whole,
    )


def _read(plan: OpenPlan, completed: Completed, lines: tuple[Line, ...], seconds: float) -> OpenRun:
    if completed.timed_out:
        raise JudgementError(
            f"the load generator did not end within {completed.seconds:.0f} seconds. Does {plan.locustfile} sleep or "
            "wait by itself? Leave waiting to wait_time."
        )
    if "No module named 'locust'" in completed.stderr:
        raise ToolMissingError("locust is not installed. Install recsys-guardrails[load].")
    if not lines or not lines[-1].whole:
        last = completed.stderr.strip()[-QUOTED:] or "it wrote nothing"
        raise JudgementError(
            f"the load generator ended with exit status {completed.exit_code} and no whole record. Can "
            f"{plan.locustfile} be imported? Its output ends: {last}"
        )
    if lines[-1].error:
        raise JudgementError(f"the load scenario cannot be driven: {lines[-1].error}")
    return _run(plan, lines, seconds)
