"""What goes between the judge and the generator of open arrivals: an order, and the lines of a record."""

from collections.abc import Mapping

import msgspec

from guardrails.adapters.loadgen.codec import path_of
from guardrails.model.open_run import Answer, Memory, OpenPlan, OpenTarget


class OpenOrder(msgspec.Struct, frozen=True):
    """What the generator is to do."""

    plan: OpenPlan
    target: OpenTarget


class Line(msgspec.Struct, frozen=True):
    """One line of a record: the answers since the line before, and everything else since the start.

    `error` says why the scenario cannot be driven. `whole` is true in the last line of a run that was not stopped.
    """

    answers: tuple[Answer, ...] = ()
    errors: Mapping[str, int] = {}
    marks: Mapping[str, int] = {}
    memory: Memory | None = None
    generator_share: float = 0.0
    complaint: str = ""
    died: bool = False
    whole: bool = False
    error: str = ""


def encode(value: OpenOrder | Line) -> bytes:
    """JSON of an order or a line."""
    return msgspec.json.encode(value, enc_hook=str)


def decode_order(data: bytes) -> OpenOrder:
    """The order in `data`."""
    return msgspec.json.decode(data, type=OpenOrder, dec_hook=path_of)


def decode_record(data: bytes) -> tuple[Line, ...]:
    """The whole lines of a record; one that was cut short, as the last may be, is left out."""
    lines: list[Line] = []
    for raw in data.split(b"\n"):
        try:
            lines.append(msgspec.json.decode(raw, type=Line))
        except msgspec.DecodeError:
            break
    return tuple(lines)
