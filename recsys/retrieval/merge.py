"""The union of the sources, with where each track came from."""

from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import Final

import numpy as np

from recsys.domain.arrays import distinct, slot_column
from recsys.domain.attempt import Failure, Guard, attempt_each
from recsys.domain.candidates import Candidates, Retrieved
from recsys.domain.context import Context
from recsys.errors import InvalidValueError
from recsys.retrieval.itemitem import ItemItemSource
from recsys.retrieval.popular import PopularSource
from recsys.retrieval.releases import ReleaseSource
from recsys.retrieval.source import Source

SOURCES: Final[tuple[Source, ...]] = (ItemItemSource(), ReleaseSource(), PopularSource())
"""In priority: a track that several return is attributed to the first of them."""
BITS: Final = np.uint32(1) << np.arange(32, dtype=np.uint32)
NOTHING: Final = Retrieved(np.zeros(0, dtype=np.int32), np.zeros(0))


def gather(context: Context, sources: Sequence[Source], guard: Guard = attempt_each) -> Candidates:
    """Ask every source that takes part on the surface, and merge.

    A source that fails open and raises, or that the guard gives up on, is left out and named in `degraded`; one that
    fails closed raises.
    """
    asked = [source for source in sources if context.query.surface in source.surfaces]
    spare = [source for source in asked if source.fails_open]
    outcomes = guard([(source.name, partial(_ask, source, context)) for source in spare])
    found = {source.name: outcome.value for source, outcome in zip(spare, outcomes, strict=True)}
    found |= {source.name: _ask(source, context) for source in asked if not source.fails_open}
    failures = tuple(outcome.failure for outcome in outcomes if outcome.failure)
    names = tuple(source.name for source in sources)
    return merge([found.get(name) or NOTHING for name in names], names, failures)


def merge(found: Sequence[Retrieved], sources: tuple[str, ...], failures: tuple[Failure, ...] = ()) -> Candidates:
    """Return the union by ascending slot. Permuting the sources permutes attribution and never the set.

    found: one `Retrieved` a source, in priority. At most 32 sources (the width of `provenance`).
    """
    if len(sources) > 32 or len(found) != len(sources):
        raise InvalidValueError(f"{len(found)} results for {len(sources)} sources; at most 32 of each, one to one")
    slots = distinct(np.concatenate([NOTHING.slots, *(part.slots for part in found)]))
    marks = np.zeros(slots.shape[0], dtype=np.uint32)
    scores = np.zeros((len(sources), slots.shape[0]), dtype=np.float64)
    for bit, part in enumerate(found):
        mine = slots.searchsorted(part.slots)
        marks[mine] |= BITS[bit]
        scores[bit][mine] = part.scores
    return Candidates(slots, marks, scores.T, sources, failures)


def _ask(source: Source, context: Context) -> Retrieved:
    """Ask one source and check what it says: a slot outside the catalogue is the source's failure."""
    answer = source.retrieve(context)
    slot_column(f"the slots of source {source.name!r}", answer.slots, context.model.catalogue.size, -1)
    budget = source.budget(context.config)
    if answer.slots.shape[0] > budget:
        raise InvalidValueError(
            f"source {source.name!r} returned {answer.slots.shape[0]} tracks; its budget is {budget}"
        )
    if not isfinite(answer.scores.sum()) and not np.isfinite(answer.scores).all():
        raise InvalidValueError(f"source {source.name!r} returned a score that is NaN or infinite")
    return answer
