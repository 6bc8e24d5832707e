"""An answer given again from its record: the same model, the same inputs, the same bytes."""

from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

import msgspec

from recsys.domain.arrays import Ints, Singles
from recsys.domain.candidates import Retrieved
from recsys.domain.context import Context
from recsys.domain.model import Model, Scorer
from recsys.domain.published import Published
from recsys.domain.recorded import Recorded
from recsys.errors import RecsysError, ReplayError
from recsys.pipeline import RANKER, Engine, recommend
from recsys.retrieval.merge import SOURCES
from recsys.retrieval.source import Source
from recsys.serving import render, wire


class StageFailedError(RecsysError):
    """A stage that had failed when the answer was made, and so fails again. Nobody must act."""


def digest(body: bytes) -> str:
    """Return the SHA-256 of an answer in hexadecimal digits."""
    return sha256(body).hexdigest()


def replayed(published: Published, recorded: Recorded) -> bytes:
    """Return the bytes of the answer. What had failed fails again, and experiments are as they were.

    published: the model that made it. Raises `ReplayError` for another model or a route that is not replayed.
    """
    model = published.model
    if model.version != recorded.model_version:
        raise ReplayError(
            f"the answer was made by model {recorded.model_version!r}, and this is {model.version!r}: "
            "name the directory of the former with --artifact"
        )
    served = recommend(_engine(model, recorded), recorded.query, recorded.user, recorded.policy)
    slate = replace(served.slate, arms=recorded.arms, degraded=recorded.degraded)
    decision = replace(served.decision, slate=slate)
    encode = msgspec.json.Encoder().encode
    match recorded.exchange.route:
        case wire.RECOMMENDATIONS:
            request = msgspec.json.decode(recorded.exchange.request, type=wire.RecommendationRequest)
            return encode(render.recommendation(model.catalogue, request, decision))
        case wire.SIMILAR if recorded.query.about is not None:
            return encode(render.similar(model.catalogue, model.catalogue.ids[recorded.query.about], decision))
        case other:
            raise ReplayError(f"answers of {other!r} are not replayed by this version of the service")


def _engine(model: Model, recorded: Recorded) -> Engine:
    failed = recorded.degraded
    sources = tuple(_Failing(source) if source.name in failed else source for source in SOURCES)
    scorer: Scorer = _FailingScorer(model.scorer.schema_version) if RANKER in failed else model.scorer
    return Engine(replace(model, scorer=scorer), config=recorded.config, sources=sources)


class _Failing:
    """A source as it was when it failed."""

    def __init__(self, source: Source) -> None:
        self.name, self.surfaces, self.fails_open = source.name, source.surfaces, source.fails_open
        self.budget = partial(source.budget)

    def retrieve(self, context: Context) -> Retrieved:
        raise StageFailedError(f"{self.name} had failed for request {context.query.request_id!r}")


@dataclass(frozen=True, slots=True)
class _FailingScorer:
    """A ranker as it was when it failed."""

    schema_version: str

    def score(self, features: Singles) -> Ints:
        raise StageFailedError(f"the ranker had failed for these {features.shape[0]} candidates")
