"""Verdicts on their way out: one format to standard output, all of them to a directory."""

import errno
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from guardrails.cli.options import ReportOptions
from guardrails.errors import UsageError
from guardrails.model.verdict import Verdict

_WIDEST = 140


def publish(verdict: Verdict, options: ReportOptions, environment: Mapping[str, str]) -> None:
    """Print the verdict and write the reports.

    Raises:
        UsageError: the directory cannot be written.
    """
    if options.output is not None:
        write_reports(verdict, options.output)
    say(_rendered(verdict, options.format, sys.stdout, environment))


def clear(directory: Path) -> None:
    """Make the directory of the reports, without those of an earlier check: a stale verdict must not be taken for new.

    Raises:
        UsageError: the directory cannot be written, which is better known before the gates run.
    """
    from guardrails.report.registry import FILES

    try:
        _make(directory)
        for name in FILES:
            (directory / name).unlink(missing_ok=True)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(directory, error) from error


def write_reports(verdict: Verdict, directory: Path) -> None:
    """Write the report of each format, every file whole or not at all."""
    from guardrails.report.registry import FILES, RENDERERS

    try:
        _make(directory)
        for name, kind in FILES.items():
            passing = directory / f".{name}.{os.getpid()}"
            try:
                passing.write_text(RENDERERS[kind](verdict), encoding="utf-8")
                passing.replace(directory / name)
            finally:
                passing.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(directory, error) from error


def _make(directory: Path) -> None:
    """Make the directory; a new one is ignored by git, or the reports in it would be part of the next change."""
    if directory.is_dir():
        return
    directory.mkdir(parents=True)
    (directory / ".gitignore").write_text("*\n", encoding="ascii")


def _unwritable(directory: Path, error: OSError) -> UsageError:
    return UsageError(f"--output {directory} cannot be written: {error.strerror}. Name another directory.")


def say(text: str) -> None:
    """Print to standard output, whatever its encoding; a reader that has gone away is no error."""
    with suppress(AttributeError):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(text, end="" if text.endswith("\n") else "\n", flush=True)
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width; the last one is as long as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row[:-1], widths, strict=True)), row[-1]])
        for row in rows
    )


def complain(text: str) -> None:
    """Print to standard error."""
    with suppress(OSError, ValueError):
        print(f"guardrails: {text}", file=sys.stderr, flush=True)


def _rendered(verdict: Verdict, kind: str, stream: TextIO, environment: Mapping[str, str]) -> str:
    if kind == "text":
        from guardrails.report import text

        width = shutil.get_terminal_size((100, 24)).columns
        color = stream.isatty() and not environment.get("NO_COLOR")
        return text.render(verdict, color=color, width=min(width, _WIDEST))
    from guardrails.report.registry import RENDERERS

    return RENDERERS[kind](verdict)
