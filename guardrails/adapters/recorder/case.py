"""What is known of the test that runs: what it raised, seen from inside, and what pytest reports, seen from outside."""

from __future__ import annotations

import linecache
import unittest

import pytest

from guardrails.adapters.recorder.channel import end_of


class Case:
    """One run of one test. The two views must agree, or the test counts as failed."""

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        self.raised: list[tuple[str, str]] = []
        self.files: list[str] = []
        """The files that the first failure came through, the innermost last."""
        self.raised_by = ""
        """The source line of the innermost of them that raised it."""
        self.example = ""
        self.examples = 0
        self.rejected = 0
        self.reports: list[pytest.TestReport] = []

    def begin_again(self) -> None:
        """Forget a first try: a plugin runs the test again."""
        self.raised.clear()
        self.files.clear()
        self.reports.clear()

    def note_raised(self, error: BaseException) -> None:
        """Note what came out of the test or of one of its fixtures."""
        if isinstance(error, (pytest.skip.Exception, unittest.SkipTest)):
            kind = "skip"
        elif isinstance(error, pytest.xfail.Exception):
            kind = "xfail"
        else:
            kind = "failure"
            if not self.files:
                self.files, self.raised_by = files_of(error)
            self.example = self.example or end_of("\n".join(notes_of(error)))
        self.raised.append((kind, end_of(f"{type(error).__name__}: {error}")))

    @property
    def first_failure(self) -> str:
        """The first thing raised that is neither a skip nor an xfail."""
        return next((text for kind, text in self.raised if kind == "failure"), "")

    def outcome(self) -> tuple[str, str, str]:
        """Outcome, message and traceback. The outcome is empty where the test did not come to an end."""
        told = self._reported()
        if told and not self._accounted(told):
            real = next((text for _, text in self.raised), "nothing was raised")
            return "failed", f"reported as {told}, but inside the test: {real}", ""
        bad = next((report for report in self.reports if report.failed), None)
        if bad is None:
            return told, next((_reason(report) for report in self.reports if report.skipped), ""), ""
        crash = getattr(getattr(bad.longrepr, "reprcrash", None), "message", "")
        return told, self.first_failure or end_of(str(crash or bad.longreprtext)), end_of(bad.longreprtext)

    def _reported(self) -> str:
        """The outcome as pytest reports it."""
        told = {str(report.when) for report in self.reports}
        if not {"setup", "teardown"} <= told:
            return ""
        for report in self.reports:
            if report.failed:
                return "failed" if report.when == "call" else "error"
        for report in self.reports:
            if report.skipped:
                return "xfailed" if hasattr(report, "wasxfail") else "skipped"
        if "call" not in told:
            return ""
        return "xpassed" if any(hasattr(report, "wasxfail") for report in self.reports) else "passed"

    def _accounted(self, told: str) -> bool:
        """Whether what was raised explains what is reported."""
        kinds = {kind for kind, _ in self.raised}
        if told in ("passed", "xpassed"):
            return not kinds
        if told == "skipped":
            return "skip" in kinds
        return told != "xfailed" or "xfail" in kinds or self._may_fail()

    def _may_fail(self) -> bool:
        """Whether the test is marked as one that fails."""
        method = getattr(self.item, "obj", None)
        unit = bool(getattr(method, "__unittest_expecting_failure__", False))
        return unit or self.item.get_closest_marker("xfail") is not None


def _reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, or what was expected to fail."""
    told = report.longrepr
    return end_of(str(told[2]) if isinstance(told, tuple) else report.longreprtext)


def notes_of(error: BaseException) -> list[str]:
    """What Hypothesis noted on an exception, those inside a group included."""
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    for inner in getattr(error, "exceptions", ()):
        notes += notes_of(inner)
    return notes


def files_of(error: BaseException) -> tuple[list[str], str]:
    """The files of an exception's traceback, outermost first, and the source line that raised it."""
    place, files, line = error.__traceback__, [], ""
    while place is not None:
        files.append(place.tb_frame.f_code.co_filename)
        if place.tb_next is None:
            line = linecache.getline(files[-1], place.tb_lineno).strip()
        place = place.tb_next
    return files, line
