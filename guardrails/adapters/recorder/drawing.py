"""Hypothesis: fresh examples whatever the project's profile says, and a count of what was run and rejected."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from guardrails.adapters.recorder.case import Case


def is_property(item: pytest.Item) -> bool:
    """Whether Hypothesis draws the test's arguments."""
    return "hypothesis" in sys.modules and bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def draw_fresh(item: pytest.Item, seed: int) -> None:
    """Make a property draw from `seed` and without a clock, whatever profile or decorator the project uses."""
    from hypothesis import HealthCheck, core, settings

    def fresh(old: settings) -> settings:
        quiet = {*old.suppress_health_check, HealthCheck.too_slow}
        return settings(
            old, derandomize=False, database=None, print_blob=True, deadline=None, suppress_health_check=quiet
        )

    vars(core)["global_force_seed"] = seed
    test = getattr(item, "obj", None)
    places = ((getattr(test, "__func__", test), "_hypothesis_internal_use_settings"), (item_class(item), "settings"))
    for place, name in places:
        if isinstance(used := getattr(place, name, None), settings):
            setattr(place, name, fresh(used))


def item_class(item: pytest.Item) -> object:
    """The class that a test stands in; a state machine's carries its settings."""
    return getattr(item, "cls", None)


def counted(case: Case, call: Callable[[], object]) -> None:
    """Call a property, and count the examples that Hypothesis drew (explicit ones are not among them)."""
    try:
        from hypothesis.statistics import collector
    except ImportError:
        call()
        return
    outer: Any = collector
    before = outer.value

    def count(statistics: dict[str, Any]) -> None:
        if before is not None:
            before(statistics)
        for phase in ("reuse-phase", "generate-phase"):
            for run in statistics.get(phase, {}).get("test-cases", ()):
                judged = run["status"] in ("valid", "interesting")
                case.examples, case.rejected = case.examples + judged, case.rejected + (not judged)

    with outer.with_value(count):
        call()


def relations() -> dict[str, int]:
    """How many examples each relation of `guardrails.invariants` judged in this process."""
    ledger = sys.modules.get("guardrails.invariants.ledger")
    return dict(ledger.counts()) if ledger is not None and hasattr(ledger, "counts") else {}
