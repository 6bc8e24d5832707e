"""Mutants, each in a forked copy of this process that has collected the tests and has run none of them.

The functions of the mutated file that are loaded get the code that the edited file compiles to; the edited file also
lies in this process's own copy of the tree, for what imports it later. The copy runs the tests that execute the
mutant until one fails, and writes one line into a pipe; this process, which runs no test, says what came of it. A test
that fails is believed once it has passed in a copy without a mutant.
"""

from __future__ import annotations

import gc
import hashlib
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from guardrails.adapters.recorder.case import Case
from guardrails.adapters.recorder.channel import Say
from guardrails.adapters.recorder.forking import Answer, answer, forked
from guardrails.adapters.recorder.places import Tree

Run = Callable[[pytest.Item, "pytest.Item | None"], Case]

_FRESH, _ODD, _BARE = "__guardrails_fresh__", "__guardrails_odd__", "__guardrails_bare__"
_FRESH_NUMBER = itertools.count(7919).__next__
_MANY = 1000
_LEAST = 0.5
_GOOD = ("passed", "xpassed")
_IDLE = ("skipped", "xfailed")


class UnfitError(Exception):
    """A mutant cannot take the place of the code."""


@dataclass
class Mutator:
    """Tries the mutants of a plan. `claims` is a directory in which processes share them out; empty: all are ours."""

    say: Say
    tree: Tree
    claims: str
    trials: list[dict[str, Any]]
    seconds: float
    clock: Callable[[], float] = time.monotonic
    claimed: set[str] = field(default_factory=set)

    def run(self, items: list[pytest.Item], run: Run) -> None:
        """Try mutants until the time is up; one that is being tried then may take as long again."""
        until = self.clock() + self.seconds
        last = until + self.seconds
        lane = _Lane(self.tree, {str(item.nodeid): item for item in items}, run, self.clock)
        settled: set[str] = set()
        for trial in self.trials:
            if self.clock() >= until:
                return
            if trial["at_import"] or trial["group"] in settled or not self.claim(trial):
                continue
            told = lane.judged(trial, last)
            if told is not None:
                self.say("mutant", key=trial["key"], **told)
                if trial["group"] and told["fate"] == "killed":
                    settled.add(trial["group"])

    def claim(self, trial: dict[str, Any]) -> bool:
        """Whether this process tries the mutant: a group is tried by one process."""
        name = f"mutants {trial['group'] or trial['key']}"
        if not self.claims or name in self.claimed:
            return True
        mark = Path(self.claims) / hashlib.sha256(name.encode()).hexdigest()
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        self.claimed.add(name)
        return True


class _Lane:
    """One process's mutants, one after the other."""

    def __init__(self, tree: Tree, items: dict[str, pytest.Item], run: Run, clock: Callable[[], float]) -> None:
        self._tree = tree
        self._root = tree.root
        self._items = items
        self._run = run
        self._clock = clock
        self._sound: dict[str, bool] = {}

    def judged(self, trial: dict[str, Any], last: float) -> Answer | None:
        """What became of a mutant; None where the time was up before that was known."""
        names = [name for name in trial["tests"] if name in self._items and self._sound.get(name, True)]
        while names:
            left = max(_LEAST, last - self._clock())
            limit = min(float(trial["seconds"]), left)
            with edited(self._root, trial["path"], trial["edit"]) as source:
                prepare = partial(replace_code, self._root / trial["path"], source)
                told = self._forked(names, limit, prepare, notice=trial["notice"])
            if told is None and limit < trial["seconds"]:
                return None
            if told is None:
                return answer("killed", message=f"the tests did not end within {limit:.0f} seconds")
            if told["fate"] != "killed" or self._is_sound(told["by"]):
                return told
            names.remove(told["by"])
        return answer("unfit", message="none of its tests passes without it when it runs alone in a copy")

    def _is_sound(self, name: str) -> bool:
        """Whether a test passes in a copy without a mutant."""
        if name not in self._sound:
            told = self._forked([name], 60.0, lambda: None, notice="any")
            self._sound[name] = told is not None and told["fate"] == "survived"
        return self._sound[name]

    def _forked(self, names: list[str], limit: float, prepare: Callable[[], None], *, notice: str) -> Answer | None:
        """What a copy of this process says of the tests."""

        def work() -> Answer:
            try:
                prepare()
            except UnfitError as error:
                return answer("unfit", message=str(error))
            return first_failure(self._tree, [self._items[name] for name in names], self._run, notice=notice)

        return forked(work, limit, self._clock)


def first_failure(tree: Tree, items: list[pytest.Item], run: Run, *, notice: str) -> Answer:
    """The first failure of the tests, run in this order with the fixtures that they share.

    A test that passes without the mutant and is skipped with it has not looked.
    """
    idle = ""
    for item, following in zip(items, [*items[1:], None], strict=True):
        case = run(item, following)
        outcome, message, _ = case.outcome()
        if outcome in _IDLE:
            idle = f"{item.nodeid} is {outcome} with it"
        elif outcome not in _GOOD and not _broke_down(tree, case, notice):
            fate = "killed" if outcome else "crashed"
            return answer(fate, by=str(item.nodeid), message=message[-500:] or "it did not come to its end")
    return answer("unfit", message=idle) if idle else answer("survived")


def _broke_down(tree: Tree, case: Case, notice: str) -> bool:
    """Whether something fell over that neither an assertion nor a `raise` found wrong, where that does not count."""
    found = case.first_failure.startswith("AssertionError") or case.raised_by.startswith(("raise", "assert"))
    outside = notice == "test" and not tree.is_inside_product(case.files)
    return notice != "any" and not found and not outside


@contextmanager
def edited(root: Path, path: str, edit: list[Any]) -> Iterator[bytes]:
    """The file of this process's copy of the tree with an edit made; as it was afterwards."""
    place = root / path
    before = place.read_bytes()
    line, column, end_line, end_column, text = edit
    lines = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    head, tail = lines[line - 1][:column], lines[end_line - 1][end_column:]
    lines[line - 1 : end_line] = [head + text.encode() + tail]
    after = b"\n".join(lines)
    try:
        place.write_bytes(after)
        yield after
    finally:
        place.write_bytes(before)


def replace_code(place: Path, source: bytes) -> None:
    """Give the loaded functions of a file the code that `source` compiles to.

    Raises:
        UnfitError: it does not compile, a function has another closure, or none of the file's functions is to be found.
    """
    vars(sys.modules["builtins"]).update({_FRESH: _FRESH_NUMBER, _ODD: odd, _BARE: bare})
    file = os.path.realpath(place)
    try:
        codes = _by_name(compile(source, file, "exec", dont_inherit=True))
        done = [_give(one, codes) for one in gc.get_objects() if type(one) is FunctionType and _is_of(one, file)]
    except (SyntaxError, ValueError) as error:
        raise UnfitError(f"{type(error).__name__}: {error}") from error
    if not any(done) and any(_is_loaded(module, file) for module in list(sys.modules.values())):
        raise UnfitError("the function that it is in is not among those that are loaded")


def _by_name(code: CodeType) -> dict[tuple[str, int], CodeType | None]:
    """Code objects by name and line; None for those that share both."""
    found: dict[tuple[str, int], CodeType | None] = {}
    todo = [code]
    while todo:
        for inner in todo.pop().co_consts:
            if isinstance(inner, CodeType):
                key = (inner.co_qualname, inner.co_firstlineno)
                found[key] = None if key in found else inner
                todo.append(inner)
    return found


def _give(function: FunctionType, codes: dict[tuple[str, int], CodeType | None]) -> bool:
    """Whether a function got another code."""
    old = function.__code__
    new = codes.get((old.co_qualname, old.co_firstlineno))
    if new is None or new.replace(co_filename=old.co_filename) == old:
        return False
    function.__code__ = new
    return True


def _is_of(function: FunctionType, file: str) -> bool:
    name = function.__code__.co_filename
    return name == file or (name.endswith(file[-12:]) and os.path.realpath(name) == file)


def _is_loaded(module: object, file: str) -> bool:
    name = getattr(module, "__file__", None)
    return isinstance(name, str) and os.path.realpath(name) == file


def odd(kind: str) -> object:
    """A value of a builtin type that is new, long, in no order, and has an element twice where it can."""
    fresh = [_FRESH_NUMBER() * (-1) ** number for number in range(_MANY)]
    made: dict[str, Callable[[], object]] = {
        "list": lambda: [*fresh, fresh[0]],
        "tuple": lambda: (*fresh, fresh[0]),
        "set": lambda: set(fresh),
        "frozenset": lambda: frozenset(fresh),
        "dict": lambda: dict(zip(fresh, reversed(fresh), strict=True)),
        "str": lambda: f"~Mutant {fresh}\n",
        "bytes": lambda: f"~Mutant {fresh}\n".encode(),
    }
    return made[kind]()


def bare(module: str, name: str) -> object:
    """An object of a class without content; a plain one where the class makes none such."""
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    try:
        return object.__new__(found)  # type: ignore[arg-type]  # what is no class is refused
    except TypeError:
        return object()
