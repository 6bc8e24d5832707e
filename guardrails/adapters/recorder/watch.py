"""The writer of records, behind an audit hook: no object of pytest leads to it, and who searches for it is told of.

Python keeps its list of audit hooks where neither `gc` nor any module shows it, and cannot remove one. An event comes
before what it announces happens, and a line in the pipe cannot be taken back: code that finds the key has been named.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from guardrails.adapters.recorder.channel import RECORD, speaker

_SEARCHES = frozenset(
    {
        "gc.get_objects",
        "gc.get_referents",
        "gc.get_referrers",
        "sys._current_exceptions",
        "sys._current_frames",
        "sys.setprofile",
        "sys.settrace",
        "ctypes.PyObj_FromPtr",
        "ctypes.cdata",
        "ctypes.cdata/buffer",
        "ctypes.string_at",
        "ctypes.wstring_at",
    }
)
"""Ways to reach objects that nobody handed over, and to change what a frame does."""
_DIRECT = ("ctypes.", "sys.")
"""Of these, only what the tree's code calls itself: libraries use them for ends of their own."""
_KEPT = ("_pytest", "pluggy", "hypothesis", "unittest", "guardrails.adapters.recorder")
_MOST = 50


def watch(channel: int, key: bytes, root: str, trusted: tuple[Any, ...]) -> None:
    """Write what `trusted` (functions, and classes by their methods) say by `RECORD`, and what is searched for."""
    say, tree, getframe = speaker(channel, key, root), root + os.sep, sys._getframe  # noqa: SLF001
    codes = frozenset(code for one in trusted for code in _codes(one))
    events = _SEARCHES | {RECORD, "open", "object.__setattr__"}
    seen: set[tuple[str, str, int]] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in events:
            return
        frame = getframe(1)
        if event == RECORD:
            if frame.f_code in codes:
                say(arguments[0], **arguments[1])
            else:
                file, line = place(frame, tree)
                say("intruder", file=file or frame.f_code.co_filename, line=line or frame.f_lineno)
            return
        told = _told(event, arguments)
        file, line = place(frame, tree, direct=event.startswith(_DIRECT)) if told else ("", 0)
        if event == "object.__setattr__" and frame.f_code.co_filename != tree + file:
            return  # Hypothesis gives functions other code itself
        if file and (told, file, line) not in seen and len(seen) < _MOST:
            seen.add((told, file, line))
            say("searched", what=told, file=file, line=line)

    sys.addaudithook(hook)


def place(frame: FrameType | None, tree: str, *, direct: bool = False) -> tuple[str, int]:
    """The nearest file of the tree that a call came from, and its line; an empty name where there is none.

    With `direct` nothing but modules of the same library as the innermost frame may stand between.
    """
    between = _directory(frame) if frame is not None else ""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(tree):
            return name[len(tree) :], frame.f_lineno
        if direct and not name.startswith("<") and _directory(frame) != between:
            break
        frame = frame.f_back
    return "", 0


def _directory(frame: FrameType) -> str:
    return frame.f_code.co_filename.rpartition(os.sep)[0]


def _told(event: str, arguments: tuple[Any, ...]) -> str:
    """The event in words; empty for one that is of no interest."""
    if event == "open":
        path = arguments[0]
        return path if isinstance(path, str) and path.startswith("/proc/") and path.endswith("/mem") else ""
    if event == "object.__setattr__":
        owner = str(getattr(arguments[0], "__module__", ""))
        known = arguments[1] == "__code__" and owner.startswith(_KEPT)
        return f"the code of {owner}.{getattr(arguments[0], '__qualname__', '')}" if known else ""
    return event


def _codes(one: object) -> Iterator[CodeType]:
    """The code of a function, and of all that stands in it, or of the methods of a class."""
    if isinstance(one, type):
        for value in vars(one).values():
            yield from _codes(value)
        return
    one = inspect.unwrap(one) if callable(one) else one
    code = one if isinstance(one, CodeType) else getattr(one, "__code__", None)
    if isinstance(code, CodeType):
        yield code
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                yield from _codes(inner)
