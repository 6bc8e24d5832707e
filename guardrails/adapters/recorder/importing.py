"""Mutants of what runs while a module is imported: each in a copy that was forked before anything of the tree was.

They cost a collection each, so they have a third of the time, and come first: afterwards the tree is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from guardrails.adapters.recorder.forking import Answer, answer, forked
from guardrails.adapters.recorder.mutating import Mutator, Run, edited, first_failure

_SHARE = 3

Session = Callable[[list[str], "Once"], None]
"""Collects the files of some tests with pytest, and lets the second argument run them."""


class Once:
    """Runs named tests once, in place of a schedule. With `look` all of them are run, to see which pass."""

    def __init__(self, mutator: Mutator, names: list[str], *, look: bool) -> None:
        self._mutator = mutator
        self._names = names
        self._look = look
        self.answer = answer("killed", message="pytest stops before it has collected the tests")

    def run(self, items: list[pytest.Item], run: Run) -> None:
        """Run them."""
        known = {str(item.nodeid): item for item in items}
        there = [known[name] for name in self._names if name in known]
        if self._look:
            good = [str(item.nodeid) for item in there if run(item, None).outcome()[0] == "passed"]
            self.answer = {**answer("survived"), "good": good}
        elif len(there) < len(self._names):
            missing = next(name for name in self._names if name not in known)
            self.answer = answer("killed", by=missing, message="it cannot be collected")
        else:
            self.answer = first_failure(self._mutator.tree, there, run, notice="any")


def try_at_import(mutator: Mutator, session: Session) -> None:
    """Try the mutants of a plan that take effect at import, and say what became of them."""
    trials = [trial for trial in mutator.trials if trial["at_import"]]
    if not trials:
        return
    began = mutator.clock()
    until = began + mutator.seconds / _SHARE

    def asked(names: list[str], *, look: bool) -> Answer:
        once = Once(mutator, names, look=look)
        session(names, once)
        return once.answer

    names = list(dict.fromkeys(name for trial in trials for name in trial["tests"]))
    control = forked(partial(asked, names, look=True), mutator.seconds / _SHARE, mutator.clock) or {}
    usual = mutator.clock() - began
    for trial in trials:
        left = until - mutator.clock()
        if left <= 0:
            break
        if mutator.claim(trial):
            told = _judged(mutator, trial, frozenset(control.get("good", ())), asked, min(left, 2 * usual + 5))
            if told is not None:
                mutator.say("mutant", key=trial["key"], **told)
    mutator.seconds -= mutator.clock() - began


def _judged(
    mutator: Mutator, trial: dict[str, Any], good: frozenset[str], asked: Callable[..., Answer], limit: float
) -> Answer | None:
    """What became of one; None where the time was up."""
    names = [name for name in trial["tests"] if name in good]
    if not names:
        return answer("unfit", message="none of its tests passes without it in a copy")
    with edited(mutator.tree.root, trial["path"], trial["edit"]):
        return forked(partial(asked, names, look=False), limit, mutator.clock)
