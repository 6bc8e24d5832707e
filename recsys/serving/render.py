"""From slates and slots to the answers of `wire`."""

from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Final

import numpy as np
from msgspec import UNSET

from recsys.domain.arrays import Slots
from recsys.domain.candidates import Tier
from recsys.domain.items import Catalogue
from recsys.domain.query import SIMILAR
from recsys.domain.slate import Decision
from recsys.features.schema import SCHEMA
from recsys.serving import paging, wire

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_DAY: Final = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH).days
LATEST_DAY: Final = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH).days
TIERS: Final[dict[int, wire.TierName]] = {Tier.SCORED: "scored", Tier.FALLBACK: "fallback"}
REASONS: Final[dict[str, wire.Reason]] = {
    "item_item": "listening",
    "popular": "popular",
    "releases": "new_release",
    "backfill": "catalogue",
}


def recommendation(
    catalogue: Catalogue, request: wire.RecommendationRequest, decision: Decision
) -> wire.RecommendationAnswer:
    """Return the answer with a slate, and the token of the next page when there is one."""
    slate = decision.slate
    offset = decision.query.offset + slate.size
    more = slate.size == request.k and offset < decision.config.horizon
    page = paging.Page(slate.snapshot, offset, paging.owner_of(request), decision.query.breadth) if more else None
    return wire.RecommendationAnswer(
        request_id=slate.request_id,
        model_version=slate.model_version,
        surface=request.surface,
        items=items(catalogue, decision),
        degraded=list(slate.degraded),
        experiments=dict(slate.arms),
        next_page_token=paging.encode(page) if page else UNSET,
        removed=dict(slate.removed) if request.explain else UNSET,
    )


def similar(catalogue: Catalogue, track_id: str, decision: Decision) -> wire.SimilarAnswer:
    """Return the answer with the tracks like one."""
    slate = decision.slate
    return wire.SimilarAnswer(
        request_id=slate.request_id,
        model_version=slate.model_version,
        track_id=track_id,
        items=items(catalogue, decision),
        degraded=list(slate.degraded),
    )


def items(catalogue: Catalogue, decision: Decision) -> list[wire.Item]:
    """Return the tracks of a slate, in its order.

    By columns, in the order of the fields of `wire.Item`, so that the interpreter is not asked for each field of each
    track.
    """
    slate = decision.slate
    slots, artists = slate.slots.tolist(), catalogue.artist[slate.slots].tolist()
    origins = slate.provenance.tolist()
    names_of = {bits: list(slate.names_of(bits)) for bits in set(origins)}
    reason_of = {bits: _reason(decision, names[0]) for bits, names in names_of.items()}
    reasons = list(map(reason_of.__getitem__, origins))
    for row in decision.explored.nonzero()[0].tolist():
        reasons[row] = "discovery"
    explain = decision.query.explain
    return list(
        map(
            wire.Item,
            map(catalogue.ids.__getitem__, slots),
            map(catalogue.titles.__getitem__, slots),
            map(catalogue.artist_ids.__getitem__, artists),
            map(catalogue.artist_names.__getitem__, artists),
            catalogue.explicit[slate.slots].tolist(),
            slate.real_scores.tolist(),
            map(TIERS.__getitem__, slate.tier.tolist()),
            slate.positions.tolist(),
            map(names_of.__getitem__, origins),
            reasons,
            slate.propensities.tolist(),
            [_explanation(decision, row) for row in range(slate.size)] if explain else repeat(UNSET),
        )
    )


def hits(catalogue: Catalogue, slots: Slots) -> list[wire.SearchHit]:
    """Return what a search found, in its order."""
    return [
        wire.SearchHit(
            track_id=catalogue.ids[slot],
            title=catalogue.titles[slot],
            artist_id=catalogue.artist_ids[artist],
            artist_name=catalogue.artist_names[artist],
            explicit=explicit,
            released=(EPOCH + timedelta(days=min(max(released, EARLIEST_DAY), LATEST_DAY))).date(),
        )
        for slot, artist, explicit, released in zip(
            slots.tolist(),
            catalogue.artist[slots].tolist(),
            catalogue.explicit[slots].tolist(),
            catalogue.released[slots].tolist(),
            strict=True,
        )
    ]


def _reason(decision: Decision, origin: str) -> wire.Reason:
    if decision.query.surface is SIMILAR:
        return "similar_track"
    return REASONS.get(origin, "catalogue")


def _explanation(decision: Decision, row: int) -> wire.Explanation:
    """A backfilled track was never a candidate: it has no features and no source scores."""
    candidates, slot = decision.features.candidates, int(decision.slate.slots[row])
    place = int(np.searchsorted(candidates.slots, slot))
    found = place < candidates.slots.shape[0] and int(candidates.slots[place]) == slot
    features = decision.features.values[place].tolist() if found else []
    rules: tuple[tuple[wire.Rule, bool], ...] = (
        ("explored", bool(decision.explored[row])),
        ("artist_cap_relaxed", bool(decision.relaxed[row])),
        ("backfilled", not found),
    )
    return wire.Explanation(
        features=dict(zip(SCHEMA.names, features, strict=True)) if found else {},
        source_scores={
            name: float(candidates.source_scores[place, bit])
            for bit, name in enumerate(candidates.sources)
            if found and int(candidates.provenance[place]) >> bit & 1
        },
        rules=[name for name, held in rules if held],
    )
