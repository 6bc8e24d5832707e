"""Our own numerical kernels, run bare: what a slate's arithmetic costs when nothing is around it.

In order: the sums over the history, the greatest of them with the popular and the new, the features, the forest, the
filters' masks, the sort, the greedy pass of relevance against similarity, the encoding of an answer of 50 tracks. No
HTTP, no stores, no checks of types and shapes between stages, no record of what was decided, no exploration, no clock.
What a request does not compute anew, as long as a user's state stays, is not computed anew here either.

    python -m benchmarks.serving.kernels WORLD      a number of requests on each line of standard input; answers with
                                                    the processor time that they took, in seconds
"""

import sys
import time
from itertools import cycle
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.serving.client import RETURNED
from benchmarks.serving.world import NOW, TODAY
from recsys.adapters.artifacts.directory import ArtifactDirectory
from recsys.domain.arrays import Ints, Slots, among, best, distinct
from recsys.domain.candidates import Scored, Tier
from recsys.domain.config import DEFAULT
from recsys.domain.context import context_of
from recsys.domain.history import fold
from recsys.domain.profile import Profile, Profiles, recordings_of
from recsys.domain.published import Published
from recsys.domain.query import PolicySnapshot, Query, UserState
from recsys.features.assemble import assemble
from recsys.pipeline import Engine, recommend
from recsys.reranking.diversity import Walk, ready
from recsys.serving import render, wire

SKIP_SECONDS = DEFAULT.skip_exclusion_days * 86_400
USERS = 1_000


class Kernels:
    """The arithmetic of one request after another."""

    def __init__(self, published: Published) -> None:
        self.model, histories = published.model, published.histories
        self._users = [
            fold(user_id, histories.events_of(row), market=histories.market_of(row), allow_explicit=True)
            for row, user_id in enumerate(histories.ids.unpack()[:USERS])
        ]
        self._profiles = Profiles()
        self._turn = cycle(range(len(self._users)))
        self._policy = PolicySnapshot.of(self.model.catalogue)
        # The greedy pass reads settings and the model from a context, and nothing of the user.
        nobody = UserState.cold("")
        self._context = context_of(self._query(nobody), nobody, self._policy, self.model, DEFAULT)
        self._answer = self._rendered(self._users[0])
        self._encoder = msgspec.json.Encoder()
        newest = self.model.catalogue.released[self.model.release_order]
        self._window = int(np.count_nonzero(newest >= TODAY - DEFAULT.release_window_days))

    def _query(self, user: UserState) -> Query:
        return Query("", user.user_id, k=RETURNED, now=NOW)

    def _rendered(self, user: UserState) -> wire.RecommendationAnswer:
        served = recommend(Engine(self.model), self._query(user), user, self._policy)
        request = wire.RecommendationRequest(user_id=user.user_id, k=RETURNED)
        return render.recommendation(self.model.catalogue, request, served.decision)

    def run(self, requests: int) -> float:
        """Return the processor time of so many requests, in seconds."""
        started = time.process_time()
        for _ in range(requests):
            turn = next(self._turn)
            self._one(self._users[turn])
        return time.process_time() - started

    def _one(self, user: UserState) -> tuple[list[int], bytes]:
        model, market = self.model, self.model.catalogue.market_slot(user.market) or 0
        profile = self._profiles.of(model, user, NOW)
        played = profile.listening.recordings
        slots = self._candidates(profile, user, market, played)
        scores = model.scorer.score(assemble(model, profile, market, slots))
        pool = self._pool(user, market, slots, scores, played)
        walk = Walk(ready(self._context, pool))
        walk.advance(RETURNED, walk.pool.size)
        return walk.picks, self._encoder.encode(self._answer)

    def _candidates(self, profile: Profile, user: UserState, market: int, played: Slots) -> Slots:
        model, recording = self.model, self.model.catalogue.recording
        found = profile.item_item
        positive = (found.values > 0.0).nonzero()[0]
        reach = DEFAULT.item_item_budget + user.history.shape[0]
        rows = positive.take(best(found.values.take(positive), reach))
        near = found.slots.take(
            rows[~among(recording.take(found.slots.take(rows)), played)][: DEFAULT.item_item_budget]
        )
        order = model.popular_order[market, : DEFAULT.popular_budget + user.history.shape[0]]
        popular = order[~among(recording.take(order), played)][: DEFAULT.popular_budget]
        window = model.release_order[: self._window]
        weights = profile.artist_weight(model.release_artist[: self._window])
        wanted = weights > 0.0
        wanted[: DEFAULT.release_budget + user.history.shape[0]] = True
        rows = wanted.nonzero()[0]
        rows = rows[~among(recording.take(window[rows]), played)]
        fresh = window[rows[best(weights[rows] - rows / 1e9, DEFAULT.release_budget)]]
        return distinct(np.concatenate((near.astype(np.int32), fresh, popular)))

    def _pool(self, user: UserState, market: int, slots: Slots, scores: Ints, played: Slots) -> Scored:
        catalogue, policy = self.model.catalogue, self._policy
        at = slots.astype(np.intp)
        recording = catalogue.recording.take(at)
        skipped = recordings_of(self.model, user.skipped[user.skip_times > NOW - SKIP_SECONDS])
        gone = policy.taken_down.take(at) | ((catalogue.licensed.take(at) & np.uint64(1 << market)) == 0)
        gone |= (catalogue.released.take(at) > TODAY) | among(recording, skipped) | among(recording, played)
        rows = (~gone).nonzero()[0]
        rows = rows[(-scores[rows]).argsort(kind="stable")]
        ordered = np.sort(recording[rows])
        if (ordered[1:] == ordered[:-1]).any():
            _, first = np.unique(recording[rows], return_index=True)
            rows = rows[np.sort(first)]
        rows = rows[: DEFAULT.horizon]
        tier, bits = np.full(rows.shape[0], Tier.SCORED, dtype=np.uint8), np.zeros(rows.shape[0], dtype=np.uint32)
        return Scored(slots[rows], scores[rows], tier, bits)


def main() -> int:
    """Run what standard input asks for."""
    kernels = Kernels(ArtifactDirectory(Path(sys.argv[1]) / "model").read())
    for line in sys.stdin:
        sys.stdout.write(f"{kernels.run(int(line))}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
