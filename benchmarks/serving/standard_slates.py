"""The slates of the default stack: pandas joins, a scipy sparse product, LightGBM's `predict`, MMR in numpy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.serving.world import BOOSTER, NOW, TODAY
from recsys.adapters.artifacts.directory import ArtifactDirectory
from recsys.domain.config import DEFAULT
from recsys.domain.history import fold
from recsys.domain.model import Model
from recsys.domain.profile import RECENT, history_weights
from recsys.domain.query import UserState
from recsys.features.schema import SCHEMA

Array = NDArray[Any]
SIMILARITIES = ("taste_similarity", "recent_similarity", "liked_similarity", "last_similarity")
SKIP_SECONDS = DEFAULT.skip_exclusion_days * 86_400


@dataclass(frozen=True)
class Listener:
    """What is kept of a user, computed once: no event comes in, and the clock stands still.

    tracks, weights: of the history. artists: what the features ask of each artist, as a frame to join. directions:
    (d, 4), of the mean embeddings of the history, of what is new in it and of what is liked, and of the newest track.
    means: of the columns that features are compared with. size, variety, idle_days: of the history. played, skipped:
    recordings.
    """

    market: int
    tracks: Array
    weights: Array
    artists: pd.DataFrame
    directions: Array
    means: dict[str, float]
    size: int
    variety: float
    idle_days: float
    played: Array
    skipped: Array


class Recommender:
    """The recommender behind the handler. world: a directory of `benchmarks.serving.world`."""

    def __init__(self, world: Path, mmr: bool) -> None:
        published = ArtifactDirectory(world / "model").read()
        self.model, self.mmr = published.model, mmr
        catalogue, size = self.model.catalogue, self.model.catalogue.size
        self.tracks = _frame(self.model)
        self.titles = np.array(catalogue.titles, dtype=object)
        item_item = self.model.item_item
        rows = np.arange(0, size * item_item.neighbours.shape[1] + 1, item_item.neighbours.shape[1])
        self.responses = sparse.csr_matrix(
            (item_item.weights.ravel(), item_item.neighbours.ravel(), rows), shape=(size, size)
        )
        self.vectors = self.model.embeddings.astype(np.float32)
        self.booster = lightgbm.Booster(model_file=world / BOOSTER)
        self.new = self.tracks[(self.tracks.released <= TODAY) & (self.tracks.released >= TODAY - 60)].sort_values(
            ["released", "track"], ascending=[False, True]
        )
        histories = published.histories
        self.listeners = {
            user_id: self._listener(fold(user_id, histories.events_of(row), market=histories.market_of(row)))
            for row, user_id in enumerate(histories.ids.unpack())
        }

    def _listener(self, state: UserState) -> Listener:
        catalogue, weights = self.model.catalogue, history_weights(self.model, state, NOW)
        tracks = state.history[state.history.shape[0] - weights.shape[0] :]
        recent = state.skipped[state.skip_times > NOW - SKIP_SECONDS]
        total = weights.sum()
        plays = pd.DataFrame({"artist": catalogue.artist[state.history], "time": state.times}).groupby("artist")
        artists = pd.DataFrame(
            {
                "artist_plays": plays.size(),
                "last": plays.time.max(),
                "artist_skips": pd.Series(catalogue.artist[state.skipped]).value_counts(),
                "artist_likes": pd.Series(catalogue.artist[state.liked]).value_counts(),
                "artist_recent": pd.Series(catalogue.artist[state.history[-RECENT:]]).value_counts(),
                "weight": pd.Series(weights).groupby(catalogue.artist[tracks]).sum(),
            }
        )
        vectors = self.vectors[tracks].astype(np.float64)
        means = (weights @ vectors, weights[-RECENT:] @ vectors[-RECENT:], self.vectors[state.liked].sum(axis=0))
        history = self.tracks.iloc[tracks]
        return Listener(
            market=catalogue.markets.index(state.market or ""),
            tracks=tracks,
            weights=weights,
            artists=artists.fillna(0.0).rename_axis("artist").reset_index(),
            directions=np.stack([*map(_direction, means), self.vectors[tracks[-1]]], axis=1).astype(np.float32),
            means={name: (history[name] * weights).sum() / total for name in ("world", "released", "explicit")},
            size=state.history.shape[0],
            variety=float((artists.artist_plays > 0).sum()) / state.history.shape[0],
            idle_days=min((NOW - state.times[-1]) / 86_400, 365.0),
            played=catalogue.recording[state.history],
            skipped=catalogue.recording[recent],
        )

    def recommend(self, user_id: str, k: int) -> pd.DataFrame:
        """The slate's rows, in order."""
        pool = self._pool(user_id)
        return self._diversified(pool, k) if self.mmr else pool.head(k)

    def _pool(self, user_id: str) -> pd.DataFrame:
        user = self.listeners[user_id]
        response = self._responses(user.tracks, user.weights)
        recent = self._responses(user.tracks[-RECENT:], user.weights[-RECENT:])
        candidates, sources = self._candidates(user, response)
        features = self._features(user, response, recent, candidates)
        features["score"] = self.booster.predict(features[list(SCHEMA.names)].to_numpy(np.float32), num_threads=1)
        features["source"] = sources
        kept = self._allowed(user, features)
        return kept.sort_values(["score", "track"], ascending=[False, True]).head(DEFAULT.horizon)

    def worth(self, user_id: str, shown: list[str], tracks: list[str]) -> list[float]:
        """Marginal relevance of tracks after others, for the comparison of answers. Raises `KeyError` off the pool."""
        pool = self._pool(user_id)
        relevance, similarity = self._weighed(pool)
        ids = [self.model.catalogue.ids[slot] for slot in pool.track]
        row_of = {track: row for row, track in enumerate(ids)}
        nearest = similarity[[row_of[track] for track in shown]].max(axis=0, initial=0.0)
        return [float(relevance[row_of[track]] - nearest[row_of[track]]) for track in tracks]

    def _responses(self, tracks: Array, weights: Array) -> Array:
        # The rows first: a product with the whole matrix would convert all of it to float64 for every request.
        return np.asarray(self.responses[tracks].T @ weights)

    def _candidates(self, user: Listener, response: Array) -> tuple[Array, Array]:
        heard = np.zeros(self.model.catalogue.size, dtype=bool)
        heard[user.played] = True
        heard = heard[self.model.catalogue.recording]
        scores = np.where(heard, 0.0, response)
        near = np.argpartition(-scores, DEFAULT.item_item_budget)[: DEFAULT.item_item_budget]
        near = near[scores[near] > 0]
        order = self.model.popular_order[user.market, : DEFAULT.popular_budget + user.played.shape[0]]
        popular = order[~heard[order]][: DEFAULT.popular_budget]
        fresh = self.new[~heard[self.new.track.to_numpy()]]
        weight = fresh.artist.map(user.artists.set_index("artist").weight).fillna(0.0)
        fresh = fresh.assign(weight=weight).sort_values("weight", ascending=False, kind="stable")
        fresh = fresh.track.to_numpy()[: DEFAULT.release_budget]
        slots = np.concatenate((near, fresh, popular))
        names = np.repeat(["item_item", "releases", "popular"], (near.shape[0], fresh.shape[0], popular.shape[0]))
        unique, first = np.unique(slots, return_index=True)
        return unique, names[first]

    def _features(self, user: Listener, response: Array, recent: Array, candidates: Array) -> pd.DataFrame:
        near = self.vectors[candidates] @ user.directions / np.float32(127.0 * 127.0)
        frame = pd.DataFrame(near, columns=list(SIMILARITIES))
        frame = frame.assign(track=candidates, item_item=response[candidates], item_item_recent=recent[candidates])
        frame = frame.merge(self.tracks, on="track", how="left").merge(user.artists, on="artist", how="left")
        frame = frame.fillna(dict.fromkeys(user.artists.columns, 0))
        top, total = max(response.max(), 0.0), user.weights.sum()
        age, popularity = TODAY - frame.released, frame[f"popularity_{user.market}"]
        return frame.assign(
            item_item_share=frame.item_item / top if top > 0 else 0.0,
            popularity=popularity,
            popularity_lift=popularity - frame.world,
            popularity_gap=popularity - user.means["world"],
            age_years=age / 365.25,
            freshness=1.0 / (1.0 + age.clip(lower=0) / 30.0),
            release_gap_years=(frame.released - user.means["released"]) / 365.25,
            explicit_gap=frame.explicit - user.means["explicit"],
            artist_share=frame.weight / total,
            artist_skip_rate=frame.artist_skips / (frame.artist_plays + frame.artist_skips + 2.0),
            artist_days=((NOW - frame["last"]).clip(lower=0) / 86_400).clip(upper=365.0),
            artist_popularity_gap=frame.world - frame.artist_popularity,
            history_size=float(user.size),
            history_popularity=user.means["world"],
            history_variety=user.variety,
            idle_days=user.idle_days,
        )

    def _allowed(self, user: Listener, frame: pd.DataFrame) -> pd.DataFrame:
        licensed = (frame.licensed.to_numpy() & np.uint64(1 << user.market)) != 0
        keep = licensed & (frame.released <= TODAY) & ~frame.recording.isin(user.skipped)
        kept = frame[keep & ~frame.recording.isin(user.played)]
        return kept.sort_values(["score", "track"], ascending=[False, True]).drop_duplicates("recording")

    def _diversified(self, pool: pd.DataFrame, k: int) -> pd.DataFrame:
        relevance, similarity = self._weighed(pool)
        artists, size = pool.artist.to_numpy(), pool.shape[0]
        left, nearest = np.ones(size, dtype=bool), np.zeros(size)
        chosen: list[int] = []
        for _ in range(min(k, size)):
            window, counts = np.unique(artists[chosen[-(DEFAULT.artist_window - 1) :]], return_counts=True)
            full = window[counts >= DEFAULT.artist_cap]
            allowed = left & ~np.isin(artists, full) if full.size else left
            if not allowed.any():
                allowed = left
            row = int(np.where(allowed, relevance - nearest, -np.inf).argmax())
            chosen.append(row)
            left[row] = False
            np.maximum(nearest, similarity[row], out=nearest)
        return pool.iloc[chosen]

    def _weighed(self, pool: pd.DataFrame) -> tuple[Array, Array]:
        scores, vectors = pool.score.to_numpy(), self.vectors[pool.track.to_numpy()]
        span, weight = max(scores.max() - scores.min(), 1e-12), round(DEFAULT.relevance_weight * 1024) / 1024
        return weight * (scores - scores.min()) / span, vectors @ vectors.T * ((1.0 - weight) / 127.0**2)


def _direction(total: Array) -> Array:
    norm = np.sqrt((total * total).sum())
    return np.rint(total * (127.0 / norm if norm > 0 else 0.0))


def _frame(model: Model) -> pd.DataFrame:
    catalogue = model.catalogue
    columns = {
        "track": np.arange(catalogue.size),
        "artist": catalogue.artist,
        "recording": catalogue.recording,
        "released": catalogue.released,
        "explicit": catalogue.explicit.astype(np.float64),
        "licensed": catalogue.licensed,
        "world": model.world_popularity,
        "trend": model.trend,
        "skip_rate": model.skip_rate,
        "artist_popularity": model.artist_popularity,
    }
    columns |= {f"popularity_{market}": values for market, values in enumerate(model.popularity)}
    return pd.DataFrame(columns)
