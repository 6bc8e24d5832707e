"""What a change does to what a consumer expects: field by field, whether the new expectation says less than the old.

Only the provider's side of a promise is compared (the response, or the content of a message): what a consumer sends is
its own affair. A rule that this module does not know counts as weaker than an exact value and is named.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from guardrails.analysis.pacts import Interaction, Pact

# How much a matcher promises, most first. No rule at all means the exact value.
_STRENGTH = {
    "equality": 6,
    "regex": 4,
    "date": 4,
    "time": 4,
    "timestamp": 4,
    "datetime": 4,
    "semver": 4,
    "statusCode": 4,
    "contentType": 3,
    "include": 3,
    "integer": 3,
    "decimal": 3,
    "boolean": 3,
    "null": 3,
    "number": 2,
    "arrayContains": 2,
    "eachKey": 2,
    "eachValue": 2,
    "type": 1,
    "values": 1,
    "notEmpty": 1,
}
_EXACT = 6


class Loss(StrEnum):
    """What a change takes away from what is checked."""

    PACT = "pact"
    INTERACTION = "interaction"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the head's pacts no longer say. `blocks`: no consumer agreed to it."""

    loss: Loss
    what: str
    path: str
    line: int | None = None
    blocks: bool = False


def differences(base: Sequence[Pact], head: Sequence[Pact], written: Sequence[Pact]) -> list[Difference]:
    """What the base's pacts say and the head's do not. `written` are the pacts that the head's consumers write."""
    still = {one.key for pact in written for one in pact.interactions}
    found = []
    for pact in base:
        mine = [one for one in head if one.consumer == pact.consumer]
        found += _interactions(pact, mine, still) if mine else [_gone(pact, still, left=bool(head))]
    return found


def _gone(pact: Pact, still: set[str], *, left: bool) -> Difference:
    what = f"the pact of {pact.consumer} with its {len(pact.interactions)} interactions is gone"
    if not left:
        what += f"; no readable pact of '{pact.provider}' is left"
    return Difference(Loss.PACT, what, pact.path, blocks=not left or any(one.key in still for one in pact.interactions))


def _interactions(pact: Pact, mine: Sequence[Pact], still: set[str]) -> list[Difference]:
    new = {one.key: one for other in mine for one in other.interactions}
    found = []
    for old in pact.interactions:
        here = new.get(old.key)
        if here is None:
            what = f"the pact of {pact.consumer} no longer holds '{old.description}'"
            found.append(Difference(Loss.INTERACTION, what, mine[0].path, blocks=old.key in still))
        elif here.canonical != old.canonical and (says := weakened(old, here)):
            what = f"{pact.consumer}, '{old.description}': {'; '.join(says[:5])}"
            found.append(Difference(Loss.PROMISE, what, mine[0].path, mine[0].line(old.description)))
    return found


def weakened(old: Interaction, new: Interaction) -> list[str]:
    """What the new version of an interaction promises less, each as a sentence; empty where it promises no less."""
    found = []
    if new.said.get("pending") and not old.said.get("pending"):
        found.append("it became pending, so that a failure no longer counts")
    before, after = _promise(old), _promise(new)
    if "status" in before and before["status"] != after.get("status"):
        found.append(f"the status {before['status']} became {after.get('status', 'any')}")
    lost = sorted(_headers(before) - _headers(after))
    found += [f"the header {name} is no longer expected" for name in lost]
    found += _body(before, after)
    return found


def _promise(one: Interaction) -> Mapping[str, Any]:
    for field in ("response", "contents"):
        said = one.said.get(field)
        if isinstance(said, dict):
            return said if field == "response" else {"body": said, "matchingRules": one.said.get("matchingRules", {})}
    return {}


def _headers(promise: Mapping[str, Any]) -> set[str]:
    headers = promise.get("headers")
    return {name.lower() for name in headers} if isinstance(headers, dict) else set()


def _body(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old, new = dict(_leaves(_content(before))), dict(_leaves(_content(after)))
    old_rules, new_rules = _rules(before), _rules(after)
    found = [f"{path} is no longer expected" for path in sorted(old.keys() - new.keys())]
    for path in sorted(old.keys() & new.keys()):
        was, now = _rule_at(path, old_rules), _rule_at(path, new_rules)
        if _strength(now) < _strength(was):
            found.append(f"{path} may now be {_words(now)}, and was {_words(was, old[path])}")
        elif was == now and was == "" and old[path] != new[path]:
            found.append(f"{path} is expected to be {new[path]}, and was {old[path]}")
    return found


def _content(promise: Mapping[str, Any]) -> object:
    body = promise.get("body")
    # Version 4 wraps the content; the versions before it do not.
    return body["content"] if isinstance(body, dict) and "content" in body and "contentType" in body else body


def _leaves(value: object, path: str = "$") -> Iterator[tuple[str, str]]:
    """Path and value of each scalar; the elements of an array share a path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, f"{path}[*]")
    elif value is not None or path != "$":
        yield path, json.dumps(value)


def _rules(promise: Mapping[str, Any]) -> Mapping[str, str]:
    """The first matcher of each path of the body."""
    rules = promise.get("matchingRules")
    if not isinstance(rules, dict):
        return {}
    inside = rules.get("body")
    found = {}
    if isinstance(inside, dict):
        for path, rule in inside.items():
            matchers = rule.get("matchers") if isinstance(rule, dict) else None
            found[_plain(path)] = str(matchers[0].get("match", "type")) if matchers else "type"
    for path, rule in rules.items():
        if path.startswith("$.body") and isinstance(rule, dict):  # version 2
            found[_plain("$" + path.removeprefix("$.body"))] = str(rule.get("match", "type"))
    return found


def _plain(path: str) -> str:
    """A path in one notation: `$['a'][0].b` is `$.a[*].b`."""
    return re.sub(r"\[\d+\]", "[*]", re.sub(r"\['([^']*)'\]", r".\1", path))


def _rule_at(path: str, rules: Mapping[str, str]) -> str:
    """The matcher that decides at a path: its own, else the one that comes down from above; empty for none."""
    while path:
        if path in rules:
            return rules[path]
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return ""


def _strength(rule: str) -> int:
    return _STRENGTH.get(rule, 0) if rule else _EXACT


def _words(rule: str, value: str = "") -> str:
    if not rule:
        return f"exactly {value}"
    return {"type": "any value of its type", "regex": "what a regular expression matches"}.get(rule, f"any {rule}")
