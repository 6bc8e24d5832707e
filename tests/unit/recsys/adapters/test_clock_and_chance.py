"""Time and chance at the edge."""

import time
from uuid import RFC_4122, UUID

from recsys.adapters.chance import SystemChance
from recsys.adapters.clock import ManualClock, SystemClock


def test_the_system_clock_shows_the_time() -> None:
    before = int(time.time())
    assert before <= SystemClock().now() <= int(time.time())


def test_a_clock_may_start_at_another_time_and_goes_on() -> None:
    before = int(time.time())
    clock = SystemClock.starting_at(1_000)
    assert 1_000 <= clock.now() <= 1_000 + int(time.time()) - before + 1
    assert clock.offset < 0


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(5)
    assert clock.now() == clock.now() == 5


def test_request_ids_are_distinct_uuids() -> None:
    ids = {SystemChance().request_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(str(UUID(text)) == text for text in ids)
    assert {(UUID(text).version, UUID(text).variant) for text in ids} == {(4, RFC_4122)}


def test_seeds_differ_unless_they_are_fixed() -> None:
    seeds = {SystemChance().seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 1 << 63 for seed in seeds)
    assert {SystemChance(7).seed() for _ in range(3)} == {7}
