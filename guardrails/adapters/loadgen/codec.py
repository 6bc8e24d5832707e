"""What goes through the pipe between the judge and the generator."""

from pathlib import Path
from typing import Any

import msgspec

from guardrails.model.load_run import LoadPlan, LoadRun, LoadTarget


class Order(msgspec.Struct, frozen=True):
    """What the generator is to do."""

    plan: LoadPlan
    targets: tuple[LoadTarget, ...]


class Report(msgspec.Struct, frozen=True):
    """What the generator did, or why the scenario cannot be driven."""

    run: LoadRun | None = None
    error: str = ""


def encode(value: Order | Report) -> bytes:
    """JSON of an order or a report."""
    return msgspec.json.encode(value, enc_hook=str)


def decode_order(text: str) -> Order:
    """The order in `text`."""
    return msgspec.json.decode(text, type=Order, dec_hook=path_of)


def decode_report(data: bytes) -> Report:
    """The report in `data`.

    Raises:
        msgspec.DecodeError: the report is not whole.
    """
    return msgspec.json.decode(data, type=Report, dec_hook=path_of)


def path_of(kind: type, value: Any) -> Any:  # noqa: ANN401 - the signature that msgspec asks for
    """A path from its text: the one kind in these messages that JSON does not have."""
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind} has no JSON form here")
