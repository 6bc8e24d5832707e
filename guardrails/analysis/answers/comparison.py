"""Two sides' answers to the same requests, request by request and as a whole."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from guardrails.analysis.answers.documents import JSON, at, difference, without
from guardrails.analysis.answers.requests import Asked
from guardrails.analysis.answers.slates import Moves, moves, overlap, rank_biased_overlap
from guardrails.model.exchange import HttpAnswer

TOP = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are read: the ways to a slate's ids and to a request's user, fields that differ by nature, and how
    far numbers may lie apart."""

    items: tuple[str, ...]
    user: tuple[str, ...]
    ignore: frozenset[str]
    tolerance: float


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it is read. `slate` is None where the answer holds none; `document` lacks what is ignored."""

    status: int
    trouble: str
    document: JSON
    slate: tuple[str, ...] | None

    @property
    def good(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        """What came, in a few words."""
        if not self.status:
            return f"no answer ({self.trouble})"
        if not self.good:
            return f"status {self.status}"
        return f"status {self.status}" if self.slate is None else f"{len(self.slate)} items"


def read(answer: HttpAnswer, reading: Reading) -> Answered:
    """An answer read; a body that is no JSON stands as its text."""
    text = answer.body.decode("utf-8", "replace")
    try:
        document: JSON = json.loads(text) if text else None
    except (ValueError, RecursionError):
        document = text
    found = at(document, reading.items) if 200 <= answer.status < 300 else None
    slate = None if found is None else tuple(str(one) for one in found if isinstance(one, str | int))
    return Answered(answer.status, answer.trouble, without(document, reading.ignore), slate)


@dataclass(frozen=True, slots=True)
class Compared:
    """One request and both answers. `changed` says in words how the head's differs from the base's, `lost` what the
    base answered and the head does not; both are empty where there is nothing to say."""

    asked: Asked
    user: str | None
    base: Answered
    head: Answered
    changed: str
    lost: str

    @property
    def slates(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Both slates, where the base's answer holds one."""
        return None if self.base.slate is None else (self.base.slate, self.head.slate or ())

    def overlap(self, k: int | None = None) -> float:
        """Overlap of the slates; 1 where there are none."""
        return overlap(*self.slates, k) if self.slates else 1.0

    @property
    def agreement(self) -> float:
        """Rank-biased overlap of the slates; 1 where there are none."""
        return rank_biased_overlap(*self.slates) if self.slates else 1.0

    @property
    def moves(self) -> Moves:
        """What became of the base's slate."""
        return moves(*(self.slates or ((), ())))


def compare(
    asked: Sequence[Asked], base: Sequence[HttpAnswer], head: Sequence[HttpAnswer], reading: Reading
) -> tuple[Compared, ...]:
    """The requests that the base answered, in order. One that the head was not asked in time has no answer of it."""
    missing = HttpAnswer(0, trouble="the head was not asked within the time for all requests")
    padded = [*head, *[missing] * (len(base) - len(head))]
    found = []
    for request, one, other in zip(asked, base, padded, strict=False):
        before, after = read(one, reading), read(other, reading)
        if before.status:
            lost = _lost(before, after)
            changed = _changed(before, after, reading.tolerance)
            found.append(Compared(request, request.user(reading.user), before, after, changed, lost))
    return tuple(found)


def _lost(before: Answered, after: Answered) -> str:
    if before.good and (not after.good or (before.slate and not after.slate)):
        return f"{after.words}, and had {before.words}"
    return "" if after.status else after.words


def _changed(before: Answered, after: Answered, tolerance: float) -> str:
    if before.status != after.status:
        return f"{after.words}, and had {before.words}"
    if before.slate != after.slate:
        return "other items, or another order"
    return difference(before.document, after.document, tolerance)


def unsteady(before: Iterable[Compared], again: Iterable[Compared]) -> frozenset[int]:
    """Positions at which the base, asked once more, answers otherwise. Both are the base's answers of the first run
    against those of another side and of its own second run."""
    seen = {id(one.asked) for one in again if one.changed or one.lost}
    return frozenset(at for at, one in enumerate(before) if id(one.asked) in seen)


@dataclass(frozen=True, slots=True)
class Figures:
    """All requests as a whole; means are over all that have a slate at the base."""

    requests: int
    changed: int
    slates: int
    changed_slates: int
    users: int
    affected: int
    overlap_top: float
    overlap_whole: float
    agreement: float


def figures(compared: Sequence[Compared]) -> Figures:
    """The figures of a comparison."""
    with_slates = [one for one in compared if one.slates]
    moved = [one for one in with_slates if one.base.slate != one.head.slate]
    users = {one.user for one in compared if one.user is not None}
    affected = {one.user for one in compared if one.user is not None and one.changed}

    def mean(values: Iterable[float]) -> float:
        listed = list(values)
        return fmean(listed) if listed else 1.0

    return Figures(
        requests=len(compared),
        changed=sum(1 for one in compared if one.changed),
        slates=len(with_slates),
        changed_slates=len(moved),
        users=len(users),
        affected=len(affected),
        overlap_top=mean(one.overlap(TOP) for one in with_slates),
        overlap_whole=mean(one.overlap() for one in with_slates),
        agreement=mean(one.agreement for one in with_slates),
    )


def most_affected(compared: Iterable[Compared], number: int = 3) -> tuple[Compared, ...]:
    """The changed answers whose slates have least in common, the first asked first among equals; of those that changed
    alike only one."""
    changed = sorted((one for one in compared if one.changed), key=lambda one: (one.agreement, one.overlap(TOP)))
    alike: dict[object, Compared] = {}
    for one in changed:
        alike.setdefault(_kind(one), one)
    return tuple(alike.values())[:number]


def _kind(one: Compared) -> object:
    """What two changed answers have in common if a reader learns nothing from the second."""
    if one.slates is None or one.base.slate == one.head.slate:
        return re.sub(r"\[[0-9]+\]|(is|was) -?[0-9].*", "", one.changed)
    return tuple(slate[:TOP] for slate in one.slates)
