"""One planted fault for each relation: the reference recommender with one thing broken, as people break it.

A relation that does not falsify its fault checks nothing. `FAULTS` maps the id of a relation to the faulty class; a
test holds that the two lists are the same and that each property finds its fault.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from guardrails.invariants.reference import Reference, answer
from guardrails.invariants.world import Answer, Entry, Event, EventKind, Item, Request, replace_request


class OneTooMany(Reference):
    """Ends its loop one item late."""

    def recommend(self, request: Request) -> Answer:
        return super().recommend(replace_request(request, k=request.k + 1))


class VersionsKept(Reference):
    """Forgets that two ids can be one recording."""

    def deduplicated(self, entries: Sequence[Entry]) -> list[Entry]:
        return list(entries)


class Padded(Reference):
    """Fills short slates with a sentinel."""

    def recommend(self, request: Request) -> Answer:
        entries = super().recommend(request).entries
        return answer([*entries, *[Entry("-1", -1.0, 1)] * (request.k - len(entries))])


class Infinite(Reference):
    """Divides by a popularity of zero."""

    def recommend(self, request: Request) -> Answer:
        entries = super().recommend(request).entries
        return answer([e if self.popularity[e.id] else replace(e, score=math.inf) for e in entries])


class Unsorted(Reference):
    """Sorts what it shows by artist."""

    def ranked(self, request: Request) -> list[Entry]:
        return sorted(super().ranked(request), key=lambda e: self.items[e.id].artist)


class Rescaled(Reference):
    """Returns scores relative to the best of the slate."""

    def recommend(self, request: Request) -> Answer:
        entries = super().recommend(request).entries
        best = max((e.score for e in entries), default=0.0) or 1.0
        return answer([replace(e, score=e.score / best) for e in entries])


class BestDropped(Reference):
    """Slices from 1 instead of 0."""

    def ranked(self, request: Request) -> list[Entry]:
        return super().ranked(request)[1:]


class TiesByPlace(Reference):
    """Breaks ties by something that is not the id."""

    def ranked(self, request: Request) -> list[Entry]:
        return sorted(super().ranked(request), key=lambda e: (e.tier, -e.score, e.id[::-1]))


class PoolByK(Reference):
    """Diversifies the first k only, so that a longer slate begins otherwise."""

    def ordered(self, request: Request) -> list[Entry]:
        ranked = self.ranked(request)
        return sorted(ranked[: request.k], key=lambda e: (self.items[e.id].artist, e.id)) + ranked[request.k :]


class PagesOverlap(Reference):
    """Begins each page one item early."""

    def pages(self, request: Request, sizes: Sequence[int]) -> Sequence[Answer]:
        whole = self.recommend(replace_request(request, k=sum(sizes))).entries
        ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
        return [answer(whole[max(0, end - size - 1) : end]) for end, size in zip(ends, sizes, strict=True)]


class CountsCalls(Reference):
    """Lets the number of requests so far into the answer."""

    calls = 0

    def recommend(self, request: Request) -> Answer:
        type(self).calls += 1
        return replace(super().recommend(request), raw=str(type(self).calls).encode())


class ScoresByPosition(Reference):
    """Uses the position of a candidate as a feature."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        return {i: score - 0.001 * at for at, (i, score) in enumerate(super().scores(request, items).items())}


class ScoresByBatch(Reference):
    """Normalises by the batch."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        scores = super().scores(request, items)
        best = max(scores.values(), default=0.0) or 1.0
        return {i: score / best for i, score in scores.items()}


class FirstSourceWins(Reference):
    """Ranks by the place of the source that found an item first."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        places = {i: [n for n, s in enumerate(self.sources) if self.found_by(s, request, self.items[i])] for i in items}
        return {i: score - 10.0 * min(places[i], default=9) for i, score in super().scores(request, items).items()}


class FilterLoses(Reference):
    """Counts neither as kept nor as removed what has no market at all."""

    def filtered(self, name: str, request: Request, items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        kept, removed = super().filtered(name, request, items)
        return kept, [i for i in removed if self.items[i].markets]


class FilterKeepsOne(Reference):
    """Never lets a filter empty the list."""

    def filtered(self, name: str, request: Request, items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        kept, removed = super().filtered(name, request, items)
        return (removed[:1], removed[1:]) if removed and not kept else (kept, removed)


class StrictIsLooser(Reference):
    """Skips the other filters once explicit items are switched off."""

    def filter_names(self) -> Sequence[str]:
        return super().filter_names()

    def eligible(self, request: Request) -> frozenset[str]:
        if request.allow_explicit is False:
            return frozenset(i for i, item in self.items.items() if not item.explicit)
        return super().eligible(request)


class ManyTakedownsIgnored(Reference):
    """Takes a long list of takedowns for a mistake."""

    def allows(self, name: str, request: Request, item: Item) -> bool:
        gone = item.id in self.gone and len(self.gone) <= len(self.items) // 2
        return not item.taken_down and not gone if name == "takedown" else super().allows(name, request, item)


class OrderByCatalogueSize(Reference):
    """Lets the number of live items into the order."""

    def ranked(self, request: Request) -> list[Entry]:
        ranked = super().ranked(request)
        return ranked if (len(self.items) - len(self.gone)) % 2 else ranked[::-1]


class DefaultDiffers(Reference):
    """Documents one default and uses another."""

    def recommend(self, request: Request) -> Answer:
        return super().recommend(replace_request(request, allow_repeats=request.allow_repeats is not False))


class ZeroStillActs(Reference):
    """Rotates the head of the list even when exploration is set to zero."""

    def chances(self, left: Sequence[Entry]) -> Mapping[str, float]:
        return {left[min(1, len(left) - 1)].id: 1.0} if self.reserve and not self.epsilon else super().chances(left)


class LikesNotSeen(Reference):
    """Takes only listens for seen."""

    def allows(self, name: str, request: Request, item: Item) -> bool:
        if name == "seen":
            return bool(request.allow_repeats) or item.id not in self.targets(request.user, EventKind.LISTEN)
        return super().allows(name, request, item)


class StaleBlocks(Reference):
    """Reads blocked artists from a snapshot that is older than the event."""

    def after(self, events: Sequence[Event]) -> Reference:
        return super().after([e for e in events if e.kind is not EventKind.BLOCK_ARTIST])


class FallbackUnfiltered(Reference):
    """Fills up with what policy has removed."""

    def recommend(self, request: Request) -> Answer:
        entries = super().recommend(request).entries
        rest = [i for i in sorted(self.items) if i not in {e.id for e in entries}]
        return answer([*entries, *(Entry(i, 0.0, 1) for i in rest)][: request.k])


class FiltersLast(Reference):
    """Drops takedowns after the slate was cut to k."""

    def recommend(self, request: Request) -> Answer:
        late, self.gone = self.gone, frozenset()
        entries = super().recommend(request).entries
        self.gone = late
        return answer([e for e in entries if e.id not in late])


class EventsShared(Reference):
    """Keys the live state by nothing."""

    def own_events(self, user: str) -> list[Event]:
        return super().own_events(user) + [e for e in self.events if e.user != user]


class HashInScore(Reference):
    """Breaks ties by a hash of the id, inside the score."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        scores = super().scores(request, items)
        return {i: score + blake2b(i.encode(), digest_size=1).digest()[0] / 1024 for i, score in scores.items()}


class CountsTwice(Reference):
    """Learns from every delivery of an event."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        mine = [self.items[e.target].artist for e in self.events if e.target in self.items and e.user == request.user]
        odd = {artist for artist in mine if mine.count(artist) % 2}
        return {i: s + (self.items[i].artist in odd) for i, s in super().scores(request, items).items()}


class EmptyForStrangers(Reference):
    """Needs a history."""

    def recommend(self, request: Request) -> Answer:
        return super().recommend(request) if self.own_events(request.user) else answer([])


class CapOffByOne(Reference):
    """Promises one cap and keeps another."""

    def artist_cap(self) -> tuple[int, int]:
        cap, window = super().artist_cap()
        return cap - 1, window


class WindowDivides(Reference):
    """Loses everything when the window is 0."""

    def diversified(self, entries: Sequence[Entry]) -> list[Entry]:
        return super().diversified(entries) if self.cap[1] else []


class LogsEpsilon(Reference):
    """Logs the chance of exploring instead of the chance of the item."""

    def recommend(self, request: Request) -> Answer:
        return answer([replace(e, propensity=self.epsilon) for e in super().recommend(request).entries])


class SaltForgotten(Reference):
    """Hashes the unit alone."""

    def assign(self, salt: str, unit: str, weights: Sequence[int]) -> int:  # noqa: ARG002 - that is the fault
        return super().assign("", unit, weights)


FAULTS: Final[Mapping[str, type[Reference]]] = {
    "cardinality": OneTooMany,
    "unique": VersionsKept,
    "closure": Padded,
    "finite": Infinite,
    "sorted": Unsorted,
    "score-preserved": Rescaled,
    "maximal": BestDropped,
    "total-order": TiesByPlace,
    "k-prefix": PoolByK,
    "paging": PagesOverlap,
    "replay": CountsCalls,
    "candidate-permutation": ScoresByPosition,
    "batch-invariance": ScoresByBatch,
    "source-order": FirstSourceWins,
    "filter-laws": FilterLoses,
    "filters-commute": FilterKeepsOne,
    "filter-monotone": StrictIsLooser,
    "partition": ManyTakedownsIgnored,
    "irrelevant-alternative": OrderByCatalogueSize,
    "default-neutral": DefaultDiffers,
    "zero-effect": ZeroStillActs,
    "seen-excluded": LikesNotSeen,
    "read-your-writes": StaleBlocks,
    "hard-policy": FallbackUnfiltered,
    "backfill": FiltersLast,
    "isolation": EventsShared,
    "relabelling": HashInScore,
    "event-dedup": CountsTwice,
    "cold-start": EmptyForStrangers,
    "artist-cap": CapOffByOne,
    "degenerate-config": WindowDivides,
    "propensity-sums": LogsEpsilon,
    "assignment": SaltForgotten,
}
