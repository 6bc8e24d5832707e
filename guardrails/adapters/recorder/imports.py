"""Who imports whom while the tests run, by whatever way."""

from __future__ import annotations

import builtins
import functools
import importlib
import os
import sys
from collections.abc import Callable
from sys import audit
from types import CodeType, FrameType, FunctionType
from typing import Any

from guardrails.adapters.recorder.channel import RECORD

_INTERNAL = "<frozen importlib._bootstrap>"
"""Python leaves frames of this name out where it counts frames (`warnings.warn(stacklevel=…)`)."""
_CHAIN = 6
_MACHINERY = os.path.dirname(importlib.__file__)


def record_imports(root: str, packages: frozenset[str], now: Callable[[], str]) -> None:
    """Say, once for each file below `root`, what modules of `packages` (top-level names) it imports at run time.

    What counts is the nearest frame of the tree; `through` are the files of the tree that called for it, the nearest
    first. `direct` says that only the import machinery, or text that was run, stands between. `now` names the test
    that runs.
    """
    tree, getframe, modules = root + os.sep, sys._getframe, sys.modules
    seen: set[tuple[str, str]] = set()
    quick: set[tuple[CodeType, str, object]] = set()

    def note(frame: FrameType | None, imported: tuple[str, ...]) -> None:
        direct, chain, line = True, [], 0
        while frame is not None and len(chain) < _CHAIN:
            name = frame.f_code.co_filename
            if name.startswith(tree):
                line = line or frame.f_lineno
                chain.append(name[len(tree) :])
            elif not chain and not name.startswith(("<", _MACHINERY)):
                direct = False
            frame = frame.f_back
        for module in imported if chain else ():
            if (chain[0], module) not in seen:
                seen.add((chain[0], module))
                told = {"file": chain[0], "line": line, "module": module, "direct": direct, "during": now()}
                audit(RECORD, "imported", {**told, "through": list(dict.fromkeys(chain))})

    inner, by_name = builtins.__import__, importlib.import_module

    def __import__(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        module = inner(name, globals, locals, fromlist, level)
        if level or name.partition(".")[0] in packages:
            frame = getframe(1)
            key = (frame.f_code, name, fromlist if isinstance(fromlist, tuple) else None)
            if key not in quick or frame.f_code.co_filename[:1] == "<":
                quick.add(key)
                full = module.__name__ if level or fromlist else name
                parts = (f"{full}.{part}" for part in fromlist or ())
                note(frame, (full, *(part for part in parts if part in modules)))
        return module

    @functools.wraps(by_name)
    def import_module(name: str, package: str | None = None) -> Any:
        module = by_name(name, package)
        if module.__name__.partition(".")[0] in packages:
            note(getframe(1), (module.__name__,))
        return module

    def loading(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and isinstance(arguments[0], CodeType):
            code = arguments[0]
            if code.co_name == "<module>" and code.co_filename.startswith(tree):
                note(getframe(1), (code.co_filename[len(tree) :],))

    for function in (__import__, import_module):
        assert isinstance(function, FunctionType)
        function.__code__ = function.__code__.replace(co_filename=_INTERNAL)
    builtins.__import__, importlib.import_module, importlib.__import__ = __import__, import_module, __import__
    sys.addaudithook(loading)
