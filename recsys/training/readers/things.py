"""What users can be shown, while it is read: items with a maker and a year, which end as a `Catalogue`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from recsys.domain.arrays import Ints, Slots
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.training.readers.plays import WORLD

LONGEST_ID: Final = 128
EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Thing:
    """One item. maker: what stands for the artist, the id and the name. released: days since 1970-01-01, None when
    unknown. work: equal for editions of one work, None for one of its own."""

    title: str
    maker_id: str
    maker: str
    released: int | None = None
    work: str | None = None


def maker_key(name: str) -> str:
    """Return an id for a maker of whom only the name is known."""
    return name.lower().replace(" ", "-")[:LONGEST_ID]


def first_of_january(year: int) -> int:
    """Return a year's first day in days since 1970-01-01; years before 1 count as 1."""
    return date(min(max(year, 1), 9999), 1, 1).toordinal() - EPOCH


def first_days(size: int, slots: Slots, times: Ints) -> Ints:
    """Return (n,) the day of each item's first event, that of the first event of all where it has none.

    slots, times: (e,) of the events, at least one.
    """
    days = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(days, slots, times // SECONDS_A_DAY)
    return np.where(days == np.iinfo(np.int64).max, times.min() // SECONDS_A_DAY, days)


def catalogue_of(things: Mapping[str, Thing], days: list[int]) -> Catalogue:
    """Return the catalogue, everything licensed in the one market and nothing explicit, since no such format says.

    things: by id, ascending. days: (n,) release days for things that have none.
    """
    makers = {thing.maker_id: thing.maker for thing in things.values()}
    maker_ids = sorted(makers)
    places = {key: row for row, key in enumerate(maker_ids)}
    released = [
        fallback if thing.released is None else thing.released
        for thing, fallback in zip(things.values(), days, strict=True)
    ]
    return Catalogue(
        ids=tuple(things),
        titles=tuple(thing.title for thing in things.values()),
        artist=np.array([places[thing.maker_id] for thing in things.values()], dtype=np.int32),
        artist_ids=tuple(maker_ids),
        artist_names=tuple(makers[key] for key in maker_ids),
        recording=_recordings(things),
        explicit=np.zeros(len(things), dtype=np.bool_),
        released=np.array(released, dtype=np.int32),
        markets=(WORLD,),
        licensed=np.ones(len(things), dtype=np.uint64),
    )


def _recordings(things: Mapping[str, Thing]) -> Slots:
    """Return (n,) the slot of the first edition of each thing's work."""
    first: dict[str, int] = {}
    found = [slot if t.work is None else first.setdefault(t.work, slot) for slot, t in enumerate(things.values())]
    return np.array(found, dtype=np.int32)
