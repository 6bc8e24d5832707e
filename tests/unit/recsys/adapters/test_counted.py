"""Stores that count answer as the stores that they stand before."""

from collections import Counter

from recsys.adapters.counted import CountedEvents, CountedUsers
from recsys.adapters.memory import MemoryEvents, MemoryUsers
from recsys.adapters.telemetry import PrometheusTelemetry
from recsys.ports import UserSettings


def test_every_call_is_counted_and_passed_on() -> None:
    asked: Counter[tuple[str, str]] = Counter()
    events = CountedEvents(MemoryEvents(), lambda store, call: asked.update([(store, call)]))
    users = CountedUsers(MemoryUsers(), lambda store, call: asked.update([(store, call)]))
    assert events.append(()) == ()
    assert events.events("u1") == events.events("u2") == ()
    users.put("u1", UserSettings(market="SE", allow_explicit=None))
    assert users.settings("u1") == UserSettings(market="SE", allow_explicit=None)
    assert users.settings("u2") is None
    assert asked == {
        ("events", "append"): 1, ("events", "events"): 2, ("users", "put"): 1, ("users", "settings"): 2,
    }  # fmt: skip


def test_the_metrics_show_the_calls() -> None:
    telemetry = PrometheusTelemetry("v1")
    CountedEvents(MemoryEvents(), telemetry.asked).events("u1")
    assert b'recsys_store_calls_total{call="events",store="events"} 1.0' in telemetry.render()
