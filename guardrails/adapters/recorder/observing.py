"""Which lines and functions of the product each test executes, by `sys.settrace` on the files of the product alone."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from guardrails.adapters.recorder.channel import Say
from guardrails.adapters.recorder.places import BESIDE, OUTSIDE, Tree

_GENERATES = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
_FUNCTION = 0x1  # CO_OPTIMIZED: neither a module nor the body of a class
_UPWARDS = 40
_Tracer = Callable[[FrameType, str, Any], Any]  # as typeshed has it


class Seen:
    """What was executed: lines by path, and functions by path, name and line with who called and what came back."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = {}
        self.calls: dict[tuple[str, str, int], tuple[list[bool], set[str]]] = {}

    def add(self, other: Seen) -> None:
        """Add what another has seen."""
        for path, lines in other.lines.items():
            self.lines.setdefault(path, set()).update(lines)
        for key, (direct, returns) in other.calls.items():
            known = self.calls.setdefault(key, ([], set()))
            known[0].extend(direct)
            known[1].update(returns)


class Observer:
    """Watches tests. `watch` has the lines that matter by path, and `tests` the test functions (ids without parameters)
    of which the calls matter too; after `seconds` of tests it has seen enough."""

    def __init__(self, say: Say, tree: Tree, watch: dict[str, list[int]], tests: list[str], seconds: float) -> None:
        self._say = say
        self._watch = {path: frozenset(lines) for path, lines in watch.items()}
        self._place = tree.place
        self._tests = frozenset(tests)
        self._tracers: dict[str, _Tracer] = {}
        self._shared: dict[str, Seen] = {}
        self._now = Seen()
        self._calls = False
        self._clock = time.monotonic
        self._seconds = seconds
        self._until: float | None = None
        self._raising: set[int] = set()
        self._set, self._set_threads = sys.settrace, threading.settrace

    def is_over(self) -> bool:
        """Whether the time is up, counted from when this was first asked."""
        if self._until is None:
            self._until = self._clock() + self._seconds
        return self._clock() > self._until

    @contextmanager
    def test(self, item: pytest.Item) -> Iterator[None]:
        """Watch while a test runs, then say what it executed: by itself or by a fixture that it shares with others."""
        name = str(item.nodeid)
        self._now, self._calls = Seen(), name.partition("[")[0] in self._tests
        self._on()
        try:
            yield
        finally:
            self._off()
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in self._shared:
                self._now.add(self._shared[fixture])
        wanted = {path: sorted(lines & self._watch.get(path, frozenset())) for path, lines in self._now.lines.items()}
        calls = [
            [*key, any(direct), sorted(returns)] for key, (direct, returns) in self._now.calls.items()
        ] if self._calls else []  # fmt: skip
        self._say("covered", id=name, lines={path: lines for path, lines in wanted.items() if lines}, calls=calls)

    @contextmanager
    def fixture(self, name: str) -> Iterator[None]:
        """Watch a fixture that several tests share: what it executes counts for each of them."""
        before, calls, self._now, self._calls = self._now, self._calls, Seen(), bool(self._tests)
        try:
            yield
        finally:
            before.add(self._now)
            self._shared.setdefault(name, Seen()).add(self._now)
            self._now, self._calls = before, calls

    def _on(self) -> None:
        self._set_threads(self._call)
        self._set(self._call)

    def _off(self) -> None:
        self._set(None)
        self._set_threads(None)

    def _call(self, frame: FrameType, _event: str, _arg: object) -> _Tracer | None:
        path = self._place(frame.f_code.co_filename)
        if not path:
            return None
        if self._calls:
            self._note_call(path, frame)
        elif path not in self._watch:
            return None
        frame.f_trace_lines = path in self._watch
        if path not in self._tracers:
            self._tracers[path] = self._tracer(path)
        return self._tracers[path]

    def _note_call(self, path: str, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_flags & _FUNCTION and not code.co_name.startswith("<"):
            known = self._now.calls.setdefault((path, code.co_qualname, code.co_firstlineno), ([], set()))
            if True not in known[0]:
                known[0].append(self._is_direct(frame.f_back))

    def _is_direct(self, frame: FrameType | None) -> bool:
        """Whether the nearest caller in the tree is no file of the product: a test, a helper or a fixture."""
        for _ in range(_UPWARDS):
            if frame is None:
                return False
            place = self._place(frame.f_code.co_filename)
            if place is not OUTSIDE:
                return place == BESIDE
            frame = frame.f_back
        return False

    def _tracer(self, path: str) -> _Tracer:
        def local(frame: FrameType, event: str, arg: object) -> object:
            if event == "line":
                self._now.lines.setdefault(path, set()).add(frame.f_lineno)
                self._raising.discard(id(frame))
            elif event == "exception":
                self._raising.add(id(frame))
            elif event == "return":
                raised = id(frame) in self._raising
                self._raising.discard(id(frame))
                if self._calls and not (raised and arg is None):
                    self._note_return(path, frame, arg)
            return local

        return local

    def _note_return(self, path: str, frame: FrameType, arg: object) -> None:
        code = frame.f_code
        known = self._now.calls.get((path, code.co_qualname, code.co_firstlineno))
        if known is not None:
            kind = type(arg)
            known[1].add("generator" if code.co_flags & _GENERATES else f"{kind.__module__}:{kind.__qualname__}")
