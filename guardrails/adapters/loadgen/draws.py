"""Chance for twins: the module `random`, drawing from a stream of the greenlet that calls."""

import random
from collections.abc import Callable
from typing import Any

from gevent.local import local


def draw_by_seat(seed: int) -> Callable[[int], None]:
    """Make the functions of `random` draw from a stream of the calling greenlet.

    Returns what gives the calling greenlet the stream of a seat, once; twins take the same seat. A greenlet without a
    seat draws from one shared stream. This changes the module for the whole process.
    """
    streams, shared = local(), random.Random(seed)  # noqa: S311 - simulated users, no secrets

    def forward(name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: getattr(getattr(streams, "stream", shared), name)(*args, **kwargs)

    for name in random.__all__:
        if hasattr(random.Random, name):
            setattr(random, name, forward(name))

    def take_seat(seat: int) -> None:
        if not hasattr(streams, "stream"):
            streams.stream = random.Random(f"{seed}:{seat}")  # noqa: S311 - simulated users, no secrets

    return take_seat
