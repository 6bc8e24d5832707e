"""Who reads a field: the consumers whose pacts name it, the schemas of events and the published description."""

import json
from collections.abc import Iterator
from typing import Any

from guardrails.analysis.source import Sources

_SHOWN = 12


def who_reads(field: str, sources: Sources, pacts: str, events: str, openapi: str) -> str:
    """Each consumer and interaction that names the field (`items[].reason`, or its last part), with the file."""
    wanted = [part for part in field.replace("[]", "").replace("$", "").split(".") if part]
    if not wanted:
        return "Name a field, such as items[].reason."
    lines: list[str] = []
    for path in sorted(sources.paths):
        document = _json(sources.text(path)) if path.endswith(".json") else None
        if not isinstance(document, dict):
            continue
        if path.startswith(f"{pacts}/"):
            lines += _in_pact(document, wanted, path)
        elif (path.startswith(f"{events}/") or path == openapi) and any(
            _ends(place, wanted) for place in _described(document, ())
        ):
            lines.append(f"- described in {path}")
    if not lines:
        return f"No pact, event schema or description names {field}. Nobody is known to read it."
    more = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


def _json(text: str | None) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _in_pact(pact: dict[str, Any], wanted: list[str], path: str) -> Iterator[str]:
    consumer = str((pact.get("consumer") or {}).get("name", "?"))
    provider = str((pact.get("provider") or {}).get("name", "?"))
    interactions = pact.get("interactions") or pact.get("messages") or []
    for one in interactions if isinstance(interactions, list) else ():
        if not isinstance(one, dict):
            continue
        told = [one.get("response"), one.get("contents"), one.get("request")]
        if any(_ends(place, wanted) for body in told for place in _places(body, ())):
            yield f"- {consumer} (of {provider}): {one.get('description', '?')} ({path})"


def _places(value: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*above, str(name))
            yield from _places(inner, (*above, str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner, above)


def _described(value: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - JSON
    """Names of properties in a JSON Schema or an OpenAPI document, without the words of the schema between them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "properties" and isinstance(inner, dict):
                for field, schema in inner.items():
                    yield (*above, str(field))
                    yield from _described(schema, (*above, str(field)))
            else:
                yield from _described(inner, above)
    elif isinstance(value, list):
        for inner in value:
            yield from _described(inner, above)


def _ends(place: tuple[str, ...], wanted: list[str]) -> bool:
    return list(place[-len(wanted) :]) == wanted
