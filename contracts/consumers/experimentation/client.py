"""The experimentation pipeline's reader: who met which arm of which experiment, and when.

It reads decision records, and of those only what an exposure is made of. A slate without a track showed nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exposure:
    """One user met one arm. exposed_at: unix seconds."""

    request_id: str
    user_id: str
    experiment: str
    arm: str
    exposed_at: int


def exposures(record: bytes) -> Iterator[Exposure]:
    """The exposures of one decision record.

    Raises:
        KeyError: a field that this pipeline reads is missing.
    """
    told = json.loads(record)
    if not told["tracks"]:
        return
    for experiment, arm in sorted(told["arms"].items()):
        yield Exposure(told["request_id"], told["query"]["user_id"], experiment, arm, told["snapshot"]["now"])
