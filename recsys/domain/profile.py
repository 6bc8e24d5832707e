"""What a user's history says about every track and artist: computed once a request, read by retrieval and features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Index, Ints, Slots
from recsys.domain.model import Model
from recsys.domain.query import UserState


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """What the item-item model answers to a history: r tracks and their sums; every other track has 0.

    slots: (r,) int32, ascending and distinct. values: (r,) float64, exact. Only the tracks that some row of the history
    names are held, a few thousand, so that a request costs the same in a catalogue of any size.
    """

    slots: Slots
    values: Floats

    def of(self, slots: Index) -> Floats:
        """Return (m,) float64: the response of each of (m,) slots, in any order."""
        if not self.slots.shape[0]:
            return np.zeros(slots.shape[0])
        rows = np.minimum(self.slots.searchsorted(slots), self.slots.shape[0] - 1)
        return np.where(self.slots.take(rows) == slots, self.values.take(rows), 0.0)

    @property
    def top(self) -> float:
        """The greatest response, at least 0."""
        return float(self.values.max(initial=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class HeardArtists:
    """What a history says of artists, a of them in the catalogue: one number for each, and a short column of each kind.

    number: (a,) int32, where an artist stands in the columns; all that do not occur stand at 0.
    weight: float64, decayed history weight. plays, skips: int64 counts of tracks. last: int64 unix seconds of the
    latest listen, 0 for never.
    """

    number: Slots
    weight: Floats
    plays: Ints
    skips: Ints
    last: Ints

    @staticmethod
    def of(model: Model, user: UserState, weights: Floats) -> "HeardArtists":
        """Gather. weights: of the newest history rows, newest last."""
        artist = model.catalogue.artist
        played, skipped = artist.take(user.history), artist.take(user.skipped)
        size = played.shape[0] + skipped.shape[0] + 1
        number = np.zeros(len(model.catalogue.artist_ids), dtype=np.int32)
        number[skipped] = np.arange(played.shape[0] + 1, size)
        number[played] = np.arange(1, played.shape[0] + 1)
        rows = number.take(played)
        last = np.zeros(size, dtype=np.int64)
        last[rows] = user.times  # ascending times: the latest is written last
        recent = rows[rows.shape[0] - weights.shape[0] :]
        return HeardArtists(
            number=number,
            weight=np.bincount(recent, weights=weights, minlength=size).astype(np.float64, copy=False),
            plays=np.bincount(rows, minlength=size),
            skips=np.bincount(number.take(skipped), minlength=size),
            last=last,
        )

    def weight_of(self, artists: Index) -> Floats:
        """Return (m,) float64 for (m,) artist slots."""
        return self.weight.take(self.number.take(artists))


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A user as seen by one model at one moment; n tracks, d dimensions.

    item_item: sum over the history of weight x B[j, i] for every track i. item_item_top: the greatest, at least 0.
    artists: what it says of them.
    taste: (d,) float64 integers in [-127, 127], direction of the weighted mean embedding.
    weight: sum of history weights.
    mean_popularity, mean_released, explicit_share: weighted means over the history; 0 without one.
    history_size: tracks in the whole history. now: unix seconds.
    """

    item_item: Responses
    item_item_top: float
    artists: HeardArtists
    taste: Floats
    weight: float
    mean_popularity: float
    mean_released: float
    explicit_share: float
    history_size: int
    now: int


def history_weights(model: Model, user: UserState, now: int) -> Floats:
    """Return (h,) float64 weights of the newest `model.history_limit` history rows, newest last.

    strength x 2**(-age / half_life), the decay rounded to multiples of 1/64 and at least 1/64: the weights are
    multiples of 1/256, so that sums over them are exact. A time after now counts as now.
    """
    start = max(0, user.history.shape[0] - model.history_limit)
    age = np.maximum(now - user.times[start:], 0)
    decay = np.maximum(np.rint(np.exp2(age / -model.half_life) * 64.0), 1.0) / 64.0
    return np.asarray(user.strengths[start:] * decay, dtype=np.float64)


def profile_of(model: Model, user: UserState, now: int) -> Profile:
    """Return the user's profile under the model at `now` (unix seconds). Pure; an empty history gives zeros.

    Tracks that a store knows and the catalogue does not never reach a `UserState`, so that every slot here is valid.
    """
    catalogue = model.catalogue
    weights = history_weights(model, user, now)
    recent = user.history[user.history.shape[0] - weights.shape[0] :]
    responses, total = _item_item(model, recent, weights), float(weights.sum())
    return Profile(
        item_item=responses,
        item_item_top=responses.top,
        artists=HeardArtists.of(model, user, weights),
        taste=_taste(model, recent, weights),
        weight=total,
        mean_popularity=_mean(model.world_popularity.take(recent), weights, total),
        mean_released=_mean(catalogue.released.take(recent), weights, total),
        explicit_share=_mean(catalogue.explicit.take(recent), weights, total),
        history_size=int(user.history.shape[0]),
        now=now,
    )


def _item_item(model: Model, recent: Slots, weights: Floats) -> Responses:
    """Sum by track. The tracks that occur are numbered first, so that nothing of the size of the catalogue is added up.

    `take` is `[]` for whole rows, in half the time.
    """
    size = model.catalogue.size
    tracks = model.item_item.neighbours.take(recent, axis=0).ravel().astype(np.intp)
    terms = model.item_item.weights.take(recent, axis=0) * weights[:, None]
    occurs = np.zeros(size, dtype=np.bool_)
    occurs[tracks] = True
    slots = occurs.nonzero()[0]
    number = np.empty(size, dtype=np.intp)  # read only where it is written
    number[slots] = np.arange(slots.shape[0])
    sums = np.bincount(number.take(tracks), weights=terms.ravel(), minlength=slots.shape[0])
    return Responses(slots.astype(np.int32), sums.astype(np.float64, copy=False))


def _taste(model: Model, recent: Slots, weights: Floats) -> Floats:
    total = weights @ model.embeddings.take(recent, axis=0).astype(np.float64)
    norm = float(np.sqrt((total * total).sum()))
    return np.asarray(np.rint(total * (127.0 / norm)) if norm > 0 else np.zeros_like(total))


def _mean(values: NDArray[Any], weights: Floats, total: float) -> float:
    return float((values * weights).sum()) / total if total > 0 else 0.0
