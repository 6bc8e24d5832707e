"""The default stack: the same model, candidates and answers, as such a service is written first.

FastAPI with a `def` handler and pydantic models; a pandas frame of the catalogue, joined by `merge`; retrieval by a
scipy sparse product and `argpartition`; LightGBM's `predict`, one thread; maximal marginal relevance in vectorised
numpy. It is meant to be good code of its kind: everything that does not depend on the request is computed at start, no
loop in Python runs over candidates, and what it knows of a user is aggregated once, as a feature store would hold it.
It is spared what ours does beside the slate: no events, no takedowns, no decision log, no metrics, no deadlines.

    python -m benchmarks.serving.standard WORLD [--no-mmr]
"""

import argparse
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from benchmarks.serving.standard_slates import Recommender


class Ask(BaseModel):
    """A request."""

    user_id: str = Field(min_length=1, max_length=128)
    k: int = Field(default=20, ge=1, le=100)


class AskWorth(Ask):
    """What tracks are worth at the next position after those that are shown."""

    shown: list[str]
    tracks: list[str]


class Worth(BaseModel):
    """Marginal relevance of each track, the scores on a scale from 0 to 1; null where one is outside of the pool."""

    worth: list[float | None]


class Track(BaseModel):
    """One recommended track, with the fields that ours has."""

    track_id: str
    title: str
    artist_id: str
    artist_name: str
    explicit: bool
    score: float
    tier: str
    position: int
    sources: list[str]
    reason: str
    propensity: float


class Answer(BaseModel):
    """A slate."""

    request_id: str
    model_version: str
    surface: str
    items: list[Track]


def app_of(recommender: Recommender) -> FastAPI:
    """The application."""
    app, catalogue = FastAPI(), recommender.model.catalogue
    reasons = {"item_item": "listening", "popular": "popular", "releases": "new_release"}

    @app.post("/v1/recommendations")
    def recommendations(ask: Ask) -> Answer:
        if ask.user_id not in recommender.listeners:
            raise HTTPException(404, f"no user {ask.user_id!r}")
        slate = recommender.recommend(ask.user_id, ask.k)
        rows = slate[["track", "artist", "explicit", "score", "source"]].itertuples(index=False)
        return Answer(
            request_id="",
            model_version=recommender.model.version,
            surface="home",
            items=[
                Track(
                    track_id=catalogue.ids[row.track],
                    title=catalogue.titles[row.track],
                    artist_id=catalogue.artist_ids[row.artist],
                    artist_name=catalogue.artist_names[row.artist],
                    explicit=bool(row.explicit),
                    score=row.score,
                    tier="scored",
                    position=position,
                    sources=[row.source],
                    reason=reasons[row.source],
                    propensity=1.0,
                )
                for position, row in enumerate(rows)
            ],
        )

    @app.post("/v1/worth")
    def worth(ask: AskWorth) -> Worth:
        try:
            return Worth(worth=recommender.worth(ask.user_id, ask.shown, ask.tracks))
        except KeyError:
            return Worth(worth=[None] * len(ask.tracks))

    return app


def main() -> int:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path)
    parser.add_argument("--no-mmr", action="store_true", help="the first k by score")
    args = parser.parse_args()
    app = app_of(Recommender(args.world, mmr=not args.no_mmr))
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"listening on http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, http="httptools", loop="uvloop", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
