"""The invariants that can be seen from outside, over the running service."""

from collections.abc import Iterator

import pytest

from guardrails.invariants.suite import WELL_FORMED, relation, suite
from tests.http_subject import HttpSubject, started

SEEN_FROM_OUTSIDE = ("k-prefix", "replay", "seen-excluded", "read-your-writes", "hard-policy", "backfill", "cold-start")


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with started():
        yield


TestOverHttp = suite(
    HttpSubject(), relations=(*WELL_FORMED, *map(relation, SEEN_FROM_OUTSIDE)), max_examples=15, shrink=False
)
