"""The values that the relations speak of: a small world, what happened in it, a request and the answer to it.

They are plain Python on purpose, so that a recommender of any make can be wrapped (`guardrails.invariants.protocol`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `entity` is equal for versions of one recording or work; `released` is in days since 1970-01-01."""

    id: str
    entity: str
    artist: str
    markets: frozenset[str]
    explicit: bool = False
    taken_down: bool = False
    released: int = 0


class EventKind(StrEnum):
    """What a user did. The two blocks are explicit negatives."""

    LISTEN = "listen"
    LIKE = "like"
    SKIP = "skip"
    BLOCK_ITEM = "block-item"
    BLOCK_ARTIST = "block-artist"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a user did. `target` is an item id, or an artist id for BLOCK_ARTIST; `at` is unix seconds."""

    id: str
    user: str
    kind: EventKind
    target: str
    at: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is. `history` is what the model is fitted on and what the users had done by `now`.

    `items` ascend by id. `no_explicit` are users who have switched explicit items off. `seed` varies what a subject
    makes of its own accord (weights of a model, say).
    """

    items: tuple[Item, ...]
    users: tuple[str, ...]
    markets: tuple[str, ...]
    history: tuple[Event, ...]
    now: int
    no_explicit: frozenset[str] = frozenset()
    seed: int = 0

    def item(self, item_id: str) -> Item | None:
        """The item with this id, or None."""
        return next((item for item in self.items if item.id == item_id), None)

    def targets(self, user: str, kinds: Iterable[EventKind], events: Iterable[Event] = ()) -> frozenset[str]:
        """What `user` did one of `kinds` to, in the history and the further `events`."""
        wanted = frozenset(kinds)
        return frozenset(e.target for e in (*self.history, *events) if e.user == user and e.kind in wanted)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. None means that the field is left out and the recommender's default holds.

    `rerank` and `explore` set to False ask for the ranked list before diversity and without exploration, which
    relations on order need. `seed` is the source of all chance.
    """

    user: str
    k: int
    market: str
    seed: int = 0
    allow_explicit: bool | None = None
    allow_repeats: bool | None = None
    rerank: bool = True
    explore: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a slate, best first. `tier` 0 is scored, 1 is the fallback; `propensity` is None where not logged."""

    id: str
    score: float
    tier: int = 0
    propensity: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A slate, and the bytes that a client would get: `raw` must not hold a clock or a fresh request id."""

    entries: tuple[Entry, ...]
    raw: bytes

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in order."""
        return tuple(entry.id for entry in self.entries)


def replace_request(request: Request, **changes: object) -> Request:
    """A copy of the request with some fields changed."""
    return replace(request, **changes)  # type: ignore[arg-type]  # dataclasses.replace cannot type a mapping of fields
