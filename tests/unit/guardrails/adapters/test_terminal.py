"""What is shown of running gates: a line each, or a table in a terminal, and no text of the change's making."""

import io
import threading

import pytest
from rich.console import Console

from guardrails.adapters.terminal import LiveProgress, PlainProgress, progress, summary
from guardrails.model.finding import Finding, Severity
from guardrails.model.result import GateResult, Outcome, Skip, SkipReason, errored, judged, skipped

HOSTILE = Finding("lint/violation", Severity.BLOCK, "\x1b[2J owned [red]", "why", "fix", path="\x1b[31m.py")
FAILED = judged("lint", Outcome({"files": 1200}, {"files": 1}, (HOSTILE, HOSTILE)), 1.26)
PASSED = judged("scope", Outcome({"lines": 9, "files": 3}, {"files": 1}), 0.04)
BROKEN = errored("types", "mypy said \x1b[2J", 3.0)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines(*results: GateResult) -> list[str]:
    stream = io.StringIO()
    with progress(stream, ["scope", "lint", "types"]) as shown:
        for result in results:
            shown.started(result.name)
            shown.finished(result)
    return stream.getvalue().splitlines()


def test_each_gate_that_ends_is_one_line_with_its_work_and_the_worst_that_it_found() -> None:
    assert lines(PASSED, FAILED, BROKEN) == [
        "scope  passed      0.0 s  files 3, lines 9",
        "lint   failed      1.3 s  files 1,200; lint/violation and 1 more",
        "types  error       3.0 s  could not judge",
    ]


def test_a_gate_that_the_caller_left_out_is_not_repeated_to_the_caller() -> None:
    chosen = skipped("lint", Skip(SkipReason.NOT_SELECTED, "--skip names it."))
    absent = skipped("types", Skip(SkipReason.SUBJECT_ABSENT, "There is none."))
    assert lines(chosen, absent) == ["types  skipped            subject-absent"]


def test_lines_of_several_threads_do_not_mix() -> None:
    stream = io.StringIO()
    shown = PlainProgress(stream, ["scope"])
    threads = [threading.Thread(target=shown.finished, args=(PASSED,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(stream.getvalue().splitlines()) == {"scope  passed      0.0 s  files 3, lines 9"}


def test_the_table_shows_what_waits_runs_and_is_done() -> None:
    table = LiveProgress(["scope", "lint", "types", "tests"])
    table.finished(PASSED)
    table.finished(FAILED)
    table.started("types")
    stream = io.StringIO()
    Console(file=stream, width=100, force_terminal=False).print(table)
    shown = stream.getvalue()
    for name, state in (("scope", "passed"), ("lint", "failed"), ("types", "running"), ("tests", "waiting")):
        assert any(line.split()[:2] == [name, state] for line in shown.splitlines()), shown
    assert "lint/violation and 1 more" in shown
    assert "owned" not in shown
    assert "\x1b" not in shown


def test_a_terminal_gets_the_table_and_is_left_clean() -> None:
    stream = Terminal()
    with progress(stream, ["scope"]) as shown:
        assert isinstance(shown, LiveProgress)
        shown.started("scope")
        shown.finished(PASSED)
    written = stream.getvalue()
    assert "\x1b[?25l" in written  # the cursor is hidden
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")  # and shown again


@pytest.mark.parametrize("result", [PASSED, FAILED, BROKEN])
def test_a_summary_holds_only_names_and_numbers(result: GateResult) -> None:
    assert "\x1b" not in summary(result)
    assert "owned" not in summary(result)
