"""What a user's history says about every track and artist: made once a request, read by retrieval and features."""

from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Index, Ints, Slots, distinct
from recsys.domain.model import Model
from recsys.domain.query import UserState
from recsys.errors import VersionMismatchError

RECENT: Final = 10
"""The newest tracks of a history that what is recent looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """What the item-item model answers to a history: r tracks and their sums; every other track has 0.

    slots: (r,), ascending and distinct. values: (r,) float64, exact. recent: the same, from the newest `RECENT`
    rows alone. Only the tracks that some row of the history names are held, a few thousand, so that a request costs the
    same in a catalogue of any size.
    """

    slots: NDArray[np.intp]
    values: Floats
    recent: Floats

    def of(self, slots: Index) -> Floats:
        """Return (m,) float64: the response of each of (m,) slots, in any order."""
        return self.both(slots)[0]

    def both(self, slots: Index) -> tuple[Floats, Floats]:
        """Return (m,) float64 twice: the responses to the whole history and to what is recent."""
        if not self.slots.shape[0]:
            return np.zeros(slots.shape[0]), np.zeros(slots.shape[0])
        rows = np.minimum(self.slots.searchsorted(slots), self.slots.shape[0] - 1)
        named = self.slots.take(rows) == slots
        return np.where(named, self.values.take(rows), 0.0), np.where(named, self.recent.take(rows), 0.0)

    @property
    def top(self) -> float:
        """The greatest response, at least 0."""
        return float(self.values.max(initial=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class HeardArtists:
    """What a history says of the artists that occur in it: h of them, and one more place, the first, for all others.

    slots: (h,) int32, ascending and distinct. Every other column has (h + 1,) numbers.
    weight: float64, decayed history weight. plays, skips, likes, recent: int64 counts of tracks, the last of the newest
    `RECENT` ones. last: int64 unix seconds of the latest listen, 0 for never.
    """

    slots: Slots
    weight: Floats
    plays: Ints
    skips: Ints
    likes: Ints
    recent: Ints
    last: Ints

    @staticmethod
    def of(model: Model, user: UserState, weights: Floats) -> "HeardArtists":
        """Gather. weights: of the newest history rows, newest last."""
        artist = model.catalogue.artist
        named = [artist.take(tracks) for tracks in (user.history, user.skipped, user.liked)]
        slots = distinct(np.concatenate(named))
        size = slots.shape[0] + 1
        rows, skipped, liked = (slots.searchsorted(part) + 1 for part in named)
        last = np.zeros(size, dtype=np.int64)
        last[rows] = user.times  # ascending times: the latest is written last
        weighed = rows[rows.shape[0] - weights.shape[0] :]
        return HeardArtists(
            slots=slots,
            weight=np.bincount(weighed, weights=weights, minlength=size).astype(np.float64, copy=False),
            plays=np.bincount(rows, minlength=size),
            skips=np.bincount(skipped, minlength=size),
            likes=np.bincount(liked, minlength=size),
            recent=np.bincount(rows[-RECENT:], minlength=size),
            last=last,
        )

    def numbered(self, artists: int) -> Slots:
        """Return (artists,) int32: where each artist of the catalogue stands in the columns."""
        number = np.zeros(artists, dtype=np.int32)
        number[self.slots] = np.arange(1, self.slots.shape[0] + 1)
        return number


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """What of a profile does not depend on the moment but through the weights of the history; d dimensions.

    artists: what the history says of them.
    tastes: (3, d) float64 integers in [-127, 127], the directions of mean embeddings: of the history, weighted; of its
    newest `RECENT` rows, weighted; of what is liked. Zero where there is nothing.
    weight: sum of history weights.
    mean_popularity, mean_released, explicit_share: weighted means over the history; 0 without one.
    variety: artists over tracks in the whole history, in [0, 1]; 0 without one. newest: unix seconds, 0 without one.
    recordings: int32, ascending and distinct, of the whole history.
    """

    artists: HeardArtists
    tastes: Floats
    weight: float
    mean_popularity: float
    mean_released: float
    explicit_share: float
    variety: float
    newest: int
    recordings: Slots

    @staticmethod
    def of(model: Model, user: UserState, weights: Floats) -> "Listening":
        """Compute. weights: of the newest history rows, newest last. Raises as `check_slots` does."""
        check_slots(model, user)
        catalogue, size, total = model.catalogue, user.history.shape[0], float(weights.sum())
        recent = user.history[size - weights.shape[0] :]
        artists = HeardArtists.of(model, user, weights)
        return Listening(
            artists=artists,
            tastes=_tastes(model, user, recent, weights),
            weight=total,
            mean_popularity=_mean(model.world_popularity.take(recent), weights, total),
            mean_released=_mean(catalogue.released.take(recent), weights, total),
            explicit_share=_mean(catalogue.explicit.take(recent), weights, total),
            variety=int(np.count_nonzero(artists.plays)) / size if size else 0.0,
            newest=int(user.times[-1]) if size else 0,
            recordings=recordings_of(model, user.history),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A user as seen by one model at one moment.

    item_item: sum over the history of weight x B[j, i] for every track i. item_item_top: the greatest, at least 0.
    number: (a,) int32, where each artist of the catalogue stands in the columns of `listening.artists`.
    last: the newest track of the history, None without one. history_size: tracks in the whole history.
    now: unix seconds.
    """

    item_item: Responses
    item_item_top: float
    listening: Listening
    number: Slots
    last: int | None
    history_size: int
    now: int

    def artist_weight(self, artists: Index) -> Floats:
        """Return (m,) float64 for (m,) artist slots: their decayed history weight."""
        return self.listening.artists.weight.take(self.number.take(artists))


class Profiles:
    """Makes profiles, and keeps what of each user's `Listening` the next one will read again, as long as the state is.

    Weights are decayed in steps of 1/64, so that they stay the same for many minutes; while they do, and the state and
    the model are the same objects, the listening is the same to the bit.
    """

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[UserState, tuple[Model, bytes, Listening]] = WeakKeyDictionary()

    def of(self, model: Model, user: UserState, now: int) -> Profile:
        """Return what `profile_of` returns."""
        weights = history_weights(model, user, now)
        words, kept = weights.tobytes(), self._kept.get(user)
        if kept is not None and kept[0] is model and kept[1] == words:
            return _profile(model, user, weights, kept[2], now)
        listening = Listening.of(model, user, weights)
        self._kept[user] = (model, words, listening)
        return _profile(model, user, weights, listening, now)


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

    Raises `VersionMismatchError` when the user's slots belong to another catalogue.
    """
    weights = history_weights(model, user, now)
    return _profile(model, user, weights, Listening.of(model, user, weights), now)


def recordings_of(model: Model, tracks: Slots) -> Slots:
    """Return the recordings of tracks, int32, ascending and distinct."""
    return distinct(model.catalogue.recording.take(tracks))


def check_slots(model: Model, user: UserState) -> None:
    """Raise `VersionMismatchError` when a state has slots that the model's catalogue lacks."""
    catalogue = model.catalogue
    tracks, artists = catalogue.size, len(catalogue.artist_ids)
    for slots, size in (
        (user.history, tracks),
        (user.skipped, tracks),
        (user.liked, tracks),
        (user.blocked, tracks),
        (user.blocked_artists, artists),
    ):
        if slots.shape[0] and slots.max() >= size:
            raise VersionMismatchError(
                f"the state of user {user.user_id!r} names slot {slots.max()}, model {model.version!r} has {size}: "
                "fold the user's events against this model's catalogue"
            )


def _profile(model: Model, user: UserState, weights: Floats, listening: Listening, now: int) -> Profile:
    size = user.history.shape[0]
    responses = _item_item(model, user.history[size - weights.shape[0] :], weights)
    return Profile(
        item_item=responses,
        item_item_top=responses.top,
        listening=listening,
        number=listening.artists.numbered(len(model.catalogue.artist_ids)),
        last=int(user.history[-1]) if size else None,
        history_size=size,
        now=now,
    )


def _item_item(model: Model, recent: Slots, weights: Floats) -> Responses:
    """Sum by track. The tracks that occur are numbered first, so that nothing of the size of the catalogue is added up.

    `take` is `[]` for whole rows, in half the time.
    """
    size = model.catalogue.size
    tracks = model.item_item.neighbours.take(recent, axis=0).ravel().astype(np.intp)
    terms = (model.item_item.weights.take(recent, axis=0) * weights[:, None]).ravel()
    occurs = np.zeros(size, dtype=np.bool_)
    occurs[tracks] = True
    slots = occurs.nonzero()[0]
    number = np.empty(size, dtype=np.intp)  # read only where it is written
    number[slots] = np.arange(slots.shape[0])
    places, newest = number.take(tracks), RECENT * model.item_item.neighbours.shape[1]
    return Responses(
        slots=slots,
        values=_sums(places, terms, slots.shape[0]),
        recent=_sums(places[-newest:], terms[-newest:], slots.shape[0]),
    )


def _sums(places: Index, terms: Floats, size: int) -> Floats:
    return np.bincount(places, weights=terms, minlength=size).astype(np.float64, copy=False)


def _tastes(model: Model, user: UserState, recent: Slots, weights: Floats) -> Floats:
    vectors = model.embeddings.take(recent, axis=0).astype(np.float64)
    liked = model.embeddings.take(user.liked, axis=0).sum(axis=0, dtype=np.float64)
    totals = np.stack((weights @ vectors, weights[-RECENT:] @ vectors[-RECENT:], liked))
    norms = np.sqrt((totals * totals).sum(axis=1, keepdims=True))
    return np.asarray(np.rint(totals * (127.0 / np.where(norms > 0, norms, 1.0))))


def _mean(values: NDArray[Any], weights: Floats, total: float) -> float:
    return float((values * weights).sum()) / total if total > 0 else 0.0
