"""JSON documents: places in them, fields to leave out, and the first place where two differ."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from guardrails.errors import ConfigurationError

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

_PLACE = re.compile(r"(\[\]|[^.\[\]\s]+(\[\])?)(\.[^.\[\]\s]+(\[\])?)*")


def steps(place: str, key: str) -> tuple[str, ...]:
    """The steps of a place such as `items[].track_id`: names, and `[]` for every element of a list.

    Raises:
        ConfigurationError: it is no such place; `key` names where it was written.
    """
    if not _PLACE.fullmatch(place):
        raise ConfigurationError(f"{key} is {place!r}; write a place such as items[].track_id or user.id.")
    return tuple(re.findall(r"\[\]|[^.\[\]]+", place))


def at(document: JSON, way: Sequence[str]) -> list[JSON] | None:
    """Every value at a place, in order; None where the names before the first list, or that list itself, are absent."""
    if not way:
        return [document]
    first, rest = way[0], way[1:]
    if first == "[]":
        if isinstance(document, str) or not isinstance(document, Sequence):
            return None
        return [value for one in document for value in at(one, rest) or ()]
    return at(document[first], rest) if isinstance(document, Mapping) and first in document else None


def without(document: JSON, fields: frozenset[str], here: str = "") -> JSON:
    """The document without some fields: by name wherever they stand, or by place (`items[].score`)."""
    if isinstance(document, Mapping):
        kept = {key: value for key, value in document.items() if not {key, f"{here}.{key}".lstrip(".")} & fields}
        return {key: without(value, fields, f"{here}.{key}") for key, value in kept.items()}
    if isinstance(document, Sequence) and not isinstance(document, str):
        return [without(one, fields, f"{here}[]") for one in document]
    return document


def difference(before: JSON, after: JSON, tolerance: float, here: str = "") -> str:
    """The first place where two documents differ, in words; empty where they are alike.

    Numbers are alike within `tolerance`, relative to the larger of both or to 1.
    """
    place = here.lstrip(".") or "the answer"
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _of_mappings(before, after, tolerance, here)
    if _is_list(before) and _is_list(after):
        assert isinstance(before, Sequence) and isinstance(after, Sequence)  # noqa: PT018
        pairs = enumerate(zip(before, after, strict=False))
        found = next((d for n, (one, other) in pairs if (d := difference(one, other, tolerance, f"{here}[{n}]"))), "")
        if found or len(before) == len(after):
            return found
        return f"{place} has {len(after)} elements, and had {len(before)}"
    if _is_number(before) and _is_number(after):
        assert isinstance(before, int | float) and isinstance(after, int | float)  # noqa: PT018
        near = math.isclose(before, after, rel_tol=tolerance, abs_tol=tolerance)
        return "" if near else f"{place} is {after:.9g}, and was {before:.9g}"
    if type(before) is type(after) and before == after:
        return ""
    return f"{place} is {_shown(after)}, and was {_shown(before)}"


def _of_mappings(before: Mapping[str, JSON], after: Mapping[str, JSON], tolerance: float, here: str) -> str:
    gone = [key for key in before if key not in after]
    come = [key for key in after if key not in before]
    where = f" in {here.lstrip('.')}" if here else ""
    words = [
        f"the field {', '.join(map(repr, keys[:3]))}{where} {what}"
        for keys, what in ((gone, "is gone"), (come, "is new"))
        if keys
    ]
    if words:
        return ", and ".join(words)
    return next((d for key in before if (d := difference(before[key], after[key], tolerance, f"{here}.{key}"))), "")


def _is_list(value: JSON) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: JSON) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if _is_list(value):
        return "a list"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
