"""New releases: first by artists that the user listens to, then the newest of all."""

from dataclasses import dataclass
from typing import Final

from recsys.domain.arrays import best
from recsys.domain.candidates import Retrieved
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import Surface
from recsys.retrieval.unplayed import first_unplayed

RECENCY: Final = 1.0 / 512.0
"""Less than one step of an artist's weight (1/256), so that recency only breaks ties between artists."""


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """Tracks released within `Config.release_window_days` up to today. Fails open.

    Score: the user's decayed weight of the artist, then how new the track is.
    """

    name: str = "releases"
    surfaces: frozenset[Surface] = frozenset({Surface.HOME, Surface.RADIO})
    fails_open: bool = True

    def budget(self, config: Config) -> int:
        """Return `Config.release_budget`."""
        return config.release_budget

    def retrieve(self, context: Context) -> Retrieved:
        """Return the tracks by (-artist weight, -release day, slot).

        Of artists that weigh nothing only the newest tracks can be among the best, so that no others are looked at.
        """
        model, budget = context.model, self.budget(context.config)
        newest = _first_not_after(context, context.today)
        oldest = _first_not_after(context, context.today - context.config.release_window_days - 1)
        window = model.release_order[newest:oldest]
        weights = context.profile.artist_weight(model.release_artist[newest:oldest])
        wanted = weights > 0.0
        heard = wanted.nonzero()[0]
        if not context.query.repeats:
            wanted[heard] = ~context.played(window[heard])
        wanted[first_unplayed(context, window, budget)] = True
        rows = wanted.nonzero()[0]
        recency = 1.0 - rows / max(window.shape[0], 1)
        scores = weights[rows] + recency * RECENCY
        chosen = best(scores, budget)
        return Retrieved(window[rows[chosen]], scores[chosen])


def _first_not_after(context: Context, day: int) -> int:
    """Return the first position in `release_order` (newest first) of a track released on `day` or before."""
    return int(context.model.release_age.searchsorted(-day))
