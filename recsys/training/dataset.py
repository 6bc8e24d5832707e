"""A dataset: a catalogue and what users did, whatever format it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.domain.events import Kind
from recsys.domain.histories import Histories
from recsys.domain.items import Catalogue
from recsys.domain.packed import PackedStrings
from recsys.domain.published import JSON
from recsys.training.errors import DatasetError


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Everything that training reads.

    histories: event slots point into `catalogue`. source: where it came from and how to make it again.
    """

    catalogue: Catalogue
    histories: Histories
    source: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def event_count(self) -> int:
        """e, the number of events."""
        return int(self.histories.events.times.shape[0])

    def digest(self) -> str:
        """Return a hash over catalogue, users and events: equal for equal content, whatever order it was read in."""
        catalogue, histories = self.catalogue, self.histories
        events = histories.events
        lists = (catalogue.ids, catalogue.titles, catalogue.artist_ids, catalogue.artist_names, catalogue.markets)
        texts = (*(PackedStrings.of(each) for each in lists), histories.ids)
        arrays: tuple[NDArray[Any], ...] = (
            *(part for packed in texts for part in (packed.offsets, packed.blob)),
            *(catalogue.artist, catalogue.recording, catalogue.explicit, catalogue.released, catalogue.licensed),
            *(histories.market, histories.allow_explicit, histories.offsets),
            *(events.kinds, events.tracks, events.artists, events.times, events.ms_played),
        )
        hasher = sha256()
        for array in arrays:
            hasher.update(f"{array.dtype.str}{array.shape}".encode())
            hasher.update(np.ascontiguousarray(array).data)
        return hasher.hexdigest()

    def counts(self) -> dict[str, JSON]:
        """Return how much there is: users, tracks, artists, markets, events by kind."""
        kinds = np.bincount(self.histories.events.kinds, minlength=len(Kind))
        return {
            "users": self.histories.size,
            "tracks": self.catalogue.size,
            "artists": len(self.catalogue.artist_ids),
            "markets": len(self.catalogue.markets),
            "events": self.event_count,
            **{f"{kind.name.lower()}s": int(kinds[kind]) for kind in Kind},
        }


def check_usable(dataset: Dataset) -> Dataset:
    """Return the dataset, or raise `DatasetError` when nothing could be learnt from it."""
    if dataset.catalogue.size == 0:
        raise DatasetError("the data holds no track; give data with at least one")
    plays = dataset.histories.events.kinds
    if not ((plays == Kind.LISTEN) | (plays == Kind.LIKE)).any():
        raise DatasetError(f"none of the {dataset.event_count} events is a listen or a like; nothing could be learnt")
    return dataset
