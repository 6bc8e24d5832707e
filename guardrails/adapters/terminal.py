"""How far the gates are: a live table in a terminal, one line a gate elsewhere. Only names and numbers are shown, no
text of the change's making."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from guardrails.model.result import GateResult, GateStatus, SkipReason

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {
    GateStatus.PASSED: "green",
    GateStatus.FAILED: "red",
    GateStatus.SKIPPED: "dim",
    GateStatus.ERROR: "magenta",
}
_REFRESHES = 8


class Quiet:
    """Tells nobody."""

    def started(self, gate: str) -> None:
        """Nothing."""

    def finished(self, result: GateResult) -> None:
        """Nothing."""


class PlainProgress:
    """One line for each gate that ends. Gates that the caller left out are not repeated to the caller."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._width = max(map(len, names), default=0)
        self._guard = threading.Lock()

    def started(self, gate: str) -> None:
        """Nothing: what ends is worth a line, what begins is not."""

    def finished(self, result: GateResult) -> None:
        """Write the gate's line."""
        if result.skip and result.skip.reason is SkipReason.NOT_SELECTED:
            return
        seconds = "" if result.status is GateStatus.SKIPPED else f"{result.seconds:6.1f} s"
        parts = (f"{result.name:<{self._width}}", f"{result.status.value:<7}", f"{seconds:>8}", summary(result))
        with self._guard:
            print("  ".join(parts).rstrip(), file=self._stream, flush=True)


@dataclass(slots=True)
class _Row:
    """What the table shows of one gate."""

    began: float | None = None
    result: GateResult | None = None


@dataclass(slots=True)
class LiveProgress:
    """A table that `rich` draws again and again."""

    names: Sequence[str]
    rows: dict[str, _Row] = field(default_factory=dict)

    def started(self, gate: str) -> None:
        """The gate's clock runs."""
        self.rows[gate] = _Row(began=time.monotonic())

    def finished(self, result: GateResult) -> None:
        """The gate's row is final."""
        self.rows[result.name] = _Row(result=result)

    def __rich__(self) -> "Table":
        """The table as it is now."""
        from rich.table import Table

        table = Table(box=None, header_style="dim", pad_edge=False)
        for title in ("gate", "state", "seconds", "work"):
            table.add_column(title, justify="right" if title == "seconds" else "left")
        for name in self.names:
            table.add_row(name, *_cells(self.rows.get(name, _Row())))
        return table


def _cells(row: _Row) -> tuple[str, str, str]:
    if row.result:
        seconds = "" if row.result.status is GateStatus.SKIPPED else f"{row.result.seconds:.1f}"
        style = _STYLES[row.result.status]
        return f"[{style}]{row.result.status.value}[/]", seconds, summary(row.result)
    if row.began is not None:
        return "[cyan]running[/]", f"{time.monotonic() - row.began:.1f}", ""
    return "[dim]waiting[/]", "", ""


def summary(result: GateResult) -> str:
    """How much a gate did and the worst that it found: `files 31, tests 412; tests/base-test-fails and 2 more`."""
    if result.skip:
        return result.skip.reason.value
    work = ", ".join(f"{key} {number:,}" for key, number in sorted(result.work.items()))
    if result.status is GateStatus.ERROR:
        return "; ".join(part for part in (work, "could not judge") if part)
    if not result.findings:
        return work
    worst, more = result.findings[0].rule, len(result.findings) - 1
    return f"{work}; {worst}" + (f" and {more} more" if more else "")


@contextmanager
def progress(stream: TextIO, names: Sequence[str]) -> Iterator[PlainProgress | LiveProgress]:
    """What tells the reader of `stream`: a live table if it is a terminal. The table is gone on leaving."""
    if not stream.isatty():
        yield PlainProgress(stream, names)
        return
    from rich.console import Console
    from rich.live import Live

    table = LiveProgress(names)
    console = Console(file=stream, highlight=False)
    with Live(table, console=console, refresh_per_second=_REFRESHES, transient=True):
        yield table
