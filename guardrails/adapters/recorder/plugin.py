"""The pytest plugin."""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Generator
from contextlib import nullcontext

import pytest

from guardrails.adapters.recorder.case import Case
from guardrails.adapters.recorder.channel import Say, end_of
from guardrails.adapters.recorder.drawing import counted, draw_fresh, is_property
from guardrails.adapters.recorder.importing import Once
from guardrails.adapters.recorder.mutating import Mutator
from guardrails.adapters.recorder.observing import Observer
from guardrails.adapters.recorder.schedule import Schedule


class Recorder:
    """Collects everything, runs what it is to run, and says what happens.

    `path` is put first on `sys.path` once pytest is up; `plugins` are those of the environment, by name. Without a
    `schedule` nothing is run. An `observer` watches what tests execute; a `mutator` runs tests on mutants instead.
    """

    def __init__(
        self,
        say: Say,
        path: list[str],
        plugins: list[tuple[str, object]],
        schedule: Schedule | None,
        seed: int | None,
        observer: Observer | None = None,
        mutator: Mutator | Once | None = None,
    ) -> None:
        self.say = say
        self.path = path
        self.plugins = plugins
        self.schedule = schedule
        self.seed = seed
        self.observer = observer
        self.mutator = mutator
        self.case: Case | None = None
        self.offered: list[str] = []
        self.importing = ""

    def pytest_addoption(self, pluginmanager: pytest.PytestPluginManager) -> None:
        """Register the environment's plugins: they were loaded before the tree could be imported from."""
        for name, plugin in self.plugins:
            if not pluginmanager.has_plugin(name) and not pluginmanager.is_blocked(name):
                pluginmanager.register(plugin, name=name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        """Now the tree comes first, where PYTHONPATH would put it."""
        sys.path[:] = self.path + [entry for entry in sys.path if entry not in self.path]
        # It was for this process alone: a test may well run pytest.
        os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Say which file is about to be imported: it may be the last that is heard."""
        if isinstance(collector, pytest.File):
            self.importing = str(collector.nodeid)
            self.say("collecting", file=self.importing)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say what could not be collected."""
        self.importing = ""
        if report.failed:
            self.say("broken", file=str(report.nodeid), message=end_of(str(report.longreprtext)))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Remember what there was before anybody deselects."""
        self.offered = [str(item.nodeid) for item in items]
        yield

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what will be run."""
        faulthandler.cancel_dump_traceback_later()
        kept = {str(item.nodeid) for item in session.items}
        tests = [[str(item.nodeid), (item.location[1] or 0) + 1] for item in session.items]
        for at in range(0, len(tests), 200):
            self.say("collected", tests=tests[at : at + 200])
        self.say("deselected", ids=[name for name in self.offered if name not in kept])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """pytest's own loop, over what is scheduled."""
        if self.mutator is not None:
            self.mutator.run(session.items, self.one)
            return True
        upcoming = self.schedule.entries(session.items) if self.schedule is not None else iter(())
        entry = next(upcoming, None)
        while entry is not None:
            if self.observer is not None and self.observer.is_over():
                self.say("over")
                break
            # One ahead: pytest must know the next test to keep the fixtures that both use.
            following = next(upcoming, None)
            self._run(entry[0], following[0] if following else None, entry[1])
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            entry = following
        return True

    def _run(self, item: pytest.Item, following: pytest.Item | None, must_pass: bool | None) -> None:
        name = str(item.nodeid)
        self.say("begin", id=name)
        watched = self.observer is not None and must_pass is None
        with self.observer.test(item) if self.observer and watched else nullcontext():
            case = self.one(item, following)
        outcome, message, longrepr = case.outcome()
        if must_pass is not None:
            self.say("planted", id=name, must_pass=must_pass, outcome=outcome, message=message)
        elif outcome:
            self.say(
                "end", id=name, outcome=outcome, message=message, longrepr=longrepr, example=case.example,
                seconds=round(sum(report.duration for report in case.reports), 6), is_property=is_property(item),
                examples=case.examples, rejected=case.rejected,
            )  # fmt: skip
        else:
            self.say("lost", id=name)

    def one(self, item: pytest.Item, following: pytest.Item | None) -> Case:
        """Run one test, and return what is known of it."""
        case = self.case = Case(item)
        self._watch(case)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        self.case = None
        return case

    def _watch(self, case: Case) -> None:
        """Note what the test raises where it raises it: inside every hook that could hide it."""
        item, inner = case.item, case.item.runtest

        def runtest() -> None:
            try:
                if not is_property(item):
                    inner()
                    return
                if self.seed is not None:
                    draw_fresh(item, self.seed)
                counted(case, inner)
            except BaseException as error:
                case.note_raised(error)
                raise

        item.runtest = runtest  # type: ignore[method-assign]  # of this one object, for this one run

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, None, None]:
        """Note what fixtures raise, and what unittest collected from its methods."""
        case = self.case if self.case is not None and self.case.item is item else None
        if case is not None and call.when == "setup":
            case.begin_again()
        if case is not None and call.when != "call" and call.excinfo is not None:
            case.note_raised(call.excinfo.value)
        yield
        if case is not None and call.when == "call" and call.excinfo is not None and not case.raised:
            case.note_raised(call.excinfo.value)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, None, None]:
        """Watch what a fixture executes for all the tests that share it."""
        shared = self.observer is not None and str(fixturedef.scope) != "function"
        with self.observer.fixture(str(fixturedef.argname)) if self.observer and shared else nullcontext():
            yield

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what is reported of the test that runs."""
        if self.case is None or str(report.nodeid) != str(self.case.item.nodeid):
            return
        if str(report.outcome) == "rerun":
            self.case.begin_again()
        else:
            self.case.reports.append(report)

    def pytest_internalerror(self, excrepr: object) -> None:
        """Say that a hook crashed, or that something left pytest by force."""
        self.say("internal", file=self.importing, message=end_of(str(excrepr)))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Say that the session was stopped from inside."""
        told = end_of(str(excinfo.value))
        self.say("internal", file=self.importing, message=f"the session was stopped: {excinfo.typename}: {told}")
