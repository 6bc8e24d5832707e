"""The analytics job's reader: what was shown where, how it was scored, and how probable it was to be shown there."""

import json
from dataclasses import dataclass

FORMAT = 1


class UnknownFormatError(ValueError):
    """A record of a format that this job was not written for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One track of a slate. propensity: the chance with which it stood at its position, in (0, 1]."""

    request_id: str
    user_id: str
    model: str
    track_id: str
    position: int
    score: float
    propensity: float


def shown(record: bytes) -> list[Shown]:
    """The tracks of one decision record, in their order.

    Raises:
        UnknownFormatError: the record is of another format.
        KeyError: a field that this job reads is missing.
        ValueError: the columns differ in length.
    """
    told = json.loads(record)
    if told["format"] != FORMAT:
        raise UnknownFormatError(f"the record is of format {told['format']}; this job reads {FORMAT}")
    who = (told["request_id"], told["query"]["user_id"], told["snapshot"]["model_version"])
    columns = (told["tracks"], told["positions"], told["scores"], told["propensities"])
    return [Shown(*who, *row) for row in zip(*columns, strict=True)]
