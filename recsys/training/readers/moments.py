"""Times as people write them."""

from datetime import UTC, datetime
from typing import Final

from recsys.training.readers.plays import LATEST

_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
"""Of a unix time, to the second. Each is so much finer that sizes tell them apart for any time after 1978."""


def unix_seconds(text: str) -> int | None:
    """Return whole unix seconds of a unix time in s, ms, µs or ns or of an ISO 8601 time; None for anything else.

    A time without an offset is in UTC. Times before 1970 are none.
    """
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 32:
        number = int(text.partition(".")[0] or 0)
        return next((number // unit for unit in _UNITS if number // unit < LATEST // 4), None)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return seconds if seconds >= 0 else None
