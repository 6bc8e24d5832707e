"""Strict reading of a TOML file into a type: an unknown key or a wrong type is an error that names the nearest key."""

import difflib
import re
import tomllib
from typing import Any, TypeVar, get_args

import msgspec

from guardrails.errors import ConfigurationError

Kind = TypeVar("Kind", bound=msgspec.Struct)


def decode(text: str, kind: type[Kind], source: str) -> Kind:
    """The value of `kind` in `text`; `source` names the file in errors.

    Raises:
        ConfigurationError: not TOML, an unknown key, or a wrong type.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is not TOML: {error}. Correct the file.") from error
    _reject_unknown(data, kind, source, "")
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{source}: {_as_toml(str(error))}. Correct the value.") from error


def _reject_unknown(data: dict[str, Any], kind: type[msgspec.Struct], source: str, where: str) -> None:
    """Raise for the first unknown key, with the nearest known one: msgspec's own message has no suggestion."""
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in data.items():
        dotted = f"{where}{key}"
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Did you mean '{where}{near[0]}'?" if near else f"Known here: {', '.join(sorted(known))}."
            raise ConfigurationError(f"{source}: unknown key '{dotted}'. {hint}")
        # A table that may be left out is a union with None.
        for inner in (known[key], *get_args(known[key])):
            if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                _reject_unknown(value, inner, source, f"{dotted}.")


def _as_toml(message: str) -> str:
    """msgspec's message with the place as a TOML key (`scope.max_files`) instead of a JSON path."""
    return re.sub(r" - at `\$\.([^`]*)`", r" at \1", message)
