"""What one artifact directory holds: a model, the users it was trained on, and the facts of its training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.errors import InvalidValueError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """One published model.

    histories: the users known to training, with the events before the model's cut-off; serving starts from them.
    details: facts for people and for `recsys evaluate`: source, data digest, parameters, cut-off, metrics.
    Raises `InvalidValueError` when the two parts are of different catalogues.
    """

    model: Model
    histories: Histories
    details: Mapping[str, JSON]

    def __post_init__(self) -> None:
        if self.histories.markets != self.model.catalogue.markets:
            raise InvalidValueError("histories and catalogue list different markets; publish both from one dataset")
        tracks, artists = self.histories.events.tracks, self.histories.events.artists
        if tracks.size and (tracks.max() >= self.model.catalogue.size or tracks.min() < -1):
            raise InvalidValueError(f"histories hold track slots outside [-1, {self.model.catalogue.size})")
        if artists.size and (artists.max() >= len(self.model.catalogue.artist_ids) or artists.min() < -1):
            raise InvalidValueError("histories hold artist slots outside the catalogue")
