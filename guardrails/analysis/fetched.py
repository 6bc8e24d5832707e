"""Pacts that came from a Pact Broker: beside them stands `fetched.toml`, which says what the broker knows of each."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from guardrails.analysis.pacts import UnreadablePactError

NAME = "fetched.toml"
_FIELDS = {"file": str, "consumer_version": str, "pending": bool, "why": list}


@dataclass(frozen=True, slots=True)
class Origin:
    """What the broker says of a pact: its consumer's version, whether it is pending (its failure does not count yet; so
    is work in progress), and why."""

    version: str = ""
    pending: bool = False
    why: tuple[str, ...] = ()


def beside(pact_path: str) -> str:
    """Where the origin of a pact would stand."""
    return f"{pact_path.rpartition('/')[0]}/{NAME}".lstrip("/")


def parse(path: str, text: str) -> Mapping[str, Origin]:
    """The origins by the name of the file.

    Raises:
        UnreadablePactError: it is not TOML, or says what this tool does not write.
    """
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadablePactError(f"{path} is not TOML: {error}") from error
    listed = told.get("pact", [])
    if told.keys() - {"pact"} or not isinstance(listed, list):
        raise UnreadablePactError(f"{path} holds something else than [[pact]]. Fetch the pacts anew.")
    found = {}
    for one in listed:
        wrong = [name for name, said in one.items() if not isinstance(said, _FIELDS.get(name, ()))]
        if wrong or not one.get("file") or one["file"] in found:
            what = f"the field '{wrong[0]}'" if wrong else f"the file {one.get('file', '')!r}"
            raise UnreadablePactError(f"{path}: {what} of a [[pact]] is wrong or stands twice. Fetch the pacts anew.")
        why = tuple(str(line) for line in one.get("why", ()))
        found[one["file"]] = Origin(one.get("consumer_version", ""), one.get("pending", False), why)
    return found


def written(origins: Mapping[str, Origin]) -> str:
    """The text of `fetched.toml`."""
    parts = [
        "# Written by `guardrails contracts fetch`. A pending pact is verified and shown; its failure does not count."
    ]
    for name, one in origins.items():
        lines = [f"file = {_string(name)}", f"consumer_version = {_string(one.version)}"]
        lines += [f"pending = {str(one.pending).lower()}", f"why = [{', '.join(_string(line) for line in one.why)}]"]
        parts.append("\n".join(["[[pact]]", *lines]))
    return "\n\n".join(parts) + "\n"


def _string(text: str) -> str:
    return json.dumps("".join(one if one.isprintable() else " " for one in text), ensure_ascii=False)
