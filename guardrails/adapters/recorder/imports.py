"""Who imports whom while the tests run, by whatever way."""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from sys import audit
from types import CodeType, FrameType

import pytest

from guardrails.adapters.recorder.channel import RECORD

_INTERNAL = "<frozen importlib._bootstrap>"
"""Python leaves frames of this name out where it counts frames (`warnings.warn(stacklevel=…)`)."""
_CHAIN = 6
_MACHINERY = str(Path(importlib.__file__).parent)
_IMPORT, _BY_NAME = "__import__", "import_module"


class Importing:
    """Says, once for each file below `root`, what modules of `packages` (top-level names) it imports.

    What counts is the nearest frame of the tree; `through` are the files of the tree that called for it, the nearest
    first. `direct` says that only the import machinery, or text that was run, stands between. `now` names the test
    that runs.
    """

    def __init__(self, root: str, packages: frozenset[str], now: Callable[[], str]) -> None:
        self.tree = root + os.sep
        self.packages = packages
        self.now = now
        self.seen: set[tuple[str, str]] = set()
        self.quick: set[tuple[CodeType, str]] = set()

    def note(self, frame: FrameType | None, *imported: str) -> None:
        """Say who imports these, unless it is known."""
        chain: list[str] = []
        direct, line = True, 0
        while frame is not None and len(chain) < _CHAIN:
            name = frame.f_code.co_filename
            if name.startswith(self.tree):
                line = line or frame.f_lineno
                chain.append(name[len(self.tree) :])
            elif not chain and not name.startswith(("<", _MACHINERY)):
                direct = False
            frame = frame.f_back
        for module in imported if chain else ():
            if (chain[0], module) not in self.seen:
                self.seen.add((chain[0], module))
                told = {"file": chain[0], "line": line, "module": module, "direct": direct, "during": self.now()}
                audit(RECORD, "imported", {**told, "through": list(dict.fromkeys(chain))})

    def of_tree(self, name: str) -> bool:
        """Whether a module may be one of the tree's."""
        return name.partition(".")[0] in self.packages

    def loading(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook: a module's code is run, however it was found."""
        code = arguments[0] if event == "exec" else None
        if isinstance(code, CodeType) and code.co_name == "<module>" and code.co_filename.startswith(self.tree):
            self.note(_caller(1), code.co_filename[len(self.tree) :])


def _caller(depth: int) -> FrameType:
    """The frame that many calls above who asks."""
    return sys._getframe(depth + 1)  # noqa: SLF001 - there is no other way to a single frame


def record_imports(importing: Importing) -> None:
    """Watch every way to import: statements and calls, whether the module is there already or not."""
    statement, by_name = vars(builtins)[_IMPORT], vars(importlib)[_BY_NAME]
    modules = sys.modules

    def imported(name: str, *rest: object, **named: object) -> object:
        module = statement(name, *rest, **named)
        listed = rest[2] if len(rest) > 2 else named.get("fromlist")
        relative = rest[3] if len(rest) > 3 else named.get("level")
        if relative or importing.of_tree(name):
            frame = _caller(1)
            key = (frame.f_code, f"{relative}{name}{listed}")
            if key not in importing.quick:
                if frame.f_code.co_filename.startswith(importing.tree):  # others have other callers each time
                    importing.quick.add(key)
                full = module.__name__ if relative or listed else name
                parts = [f"{full}.{part}" for part in listed] if isinstance(listed, list | tuple) else []
                importing.note(frame, full, *(part for part in parts if part in modules))
        return module

    def imported_by_name(name: str, package: str | None = None) -> object:
        module = by_name(name, package)
        if importing.of_tree(module.__name__):
            importing.note(_caller(1), module.__name__)
        return module

    imported.__code__ = imported.__code__.replace(co_filename=_INTERNAL)
    imported_by_name.__code__ = imported_by_name.__code__.replace(co_filename=_INTERNAL)
    imported.__name__, imported_by_name.__name__ = _IMPORT, _BY_NAME
    patch = pytest.MonkeyPatch()  # for the life of this process
    patch.setattr(builtins, _IMPORT, imported)
    patch.setattr(importlib, _BY_NAME, imported_by_name)
    patch.setattr(importlib, _IMPORT, imported)
    sys.addaudithook(importing.loading)
