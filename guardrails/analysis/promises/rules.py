"""The matching rules of one part of a pact: which matcher decides at a path, whichever version wrote it down.

Versions 1 to 4 differ in how rules are written, not in what they mean. The semantics are pact's own, as its verifier
shows them: of all rules whose path is the place itself or lies above it the most specific decides; bounds on the length
of a list hold at the list alone; a rule about values or keys does not come down.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]
"""The tokens below the root: the name of a field, or `[0]`, `[*]`."""

_TOKEN = re.compile(r"""\.([^.\[\]]+)|\[(\d+|\*)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_SHORT = ("regex", "date", "time", "timestamp", "datetime")
_ALIASES = {"timestamp": "datetime", "real": "decimal", "min": "type", "max": "type", "minmax": "type"}
_STAYS = frozenset({"values", "eachKey", "eachValue", "arrayContains"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """One matcher. `kind` is pact's word for it in version 4; `said` all that it says, as canonical JSON."""

    kind: str
    said: str
    args: Mapping[str, Any] = field(compare=False, hash=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides at a place: all of the matchers, or with `either` any of them. `inherited`: it came from above."""

    matchers: tuple[Matcher, ...]
    either: bool = False
    inherited: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its matchers."""
        return frozenset(one.kind for one in self.matchers)

    def bound(self, name: str) -> int | None:
        """The least (`min`) or greatest (`max`) length of a list; None for none."""
        if self.inherited:
            return None
        given = [one.args[name] for one in self.matchers if isinstance(one.args.get(name), int)]
        return (max if name == "min" else min)(given) if given else None


class Rules:
    """The rules of one part (a body, the headers) of an interaction."""

    def __init__(self, written: Mapping[Path, Rule]) -> None:
        self._written = dict(written)

    def at(self, path: Path) -> Rule | None:
        """The rule that decides at a path; None where the value itself is meant."""
        best, rule = 0, None
        for expression, one in self._written.items():
            weight = _weight(expression, path) * (len(expression) + 1)
            if weight > best:
                best, rule = weight, self._there(expression, one, path)
        return rule

    def _there(self, expression: Path, rule: Rule, path: Path) -> Rule | None:
        if len(expression) == len(path):
            return rule
        down = tuple(one for one in rule.matchers if one.kind not in _STAYS)
        return Rule(down, rule.either, inherited=True) if down else None

    def indexes(self, path: Path) -> Iterator[str]:
        """The elements of the list at `path` that some rule names by number."""
        for expression in self._written:
            if len(expression) > len(path) and _weight(expression[: len(path)], path):
                token = expression[len(path)]
                if token.startswith("[") and token != "[*]":  # noqa: S105 - a token of a path
                    yield token

    def below(self, path: Path) -> str:
        """Everything that is said at and below a path, as text to compare."""
        said = {
            json.dumps(expression): [[one.said for one in rule.matchers], rule.either]
            for expression, rule in self._written.items()
            if expression[: len(path)] == path
        }
        return json.dumps(said, sort_keys=True)


def tokens(expression: str) -> Path:
    """The tokens of a path expression: `$['a'][0].b` is `("a", "[0]", "b")`."""
    found = []
    for name, index, single, double in _TOKEN.findall(expression.removeprefix("$")):
        found.append(f"[{index}]" if index else name or single or double)
    return tuple(found)


def rules_of(promise: Mapping[str, Any], part: str) -> Rules:
    """The rules of `part` (body, header, metadata, status, path) of a request, a response or a message."""
    told = promise.get("matchingRules")
    written: dict[Path, Rule] = {}
    if not isinstance(told, dict):
        return Rules(written)
    for name in (part, f"{part}s"):
        inside = told.get(name)
        if isinstance(inside, dict):
            places = {"": inside} if "matchers" in inside else inside
            written |= {_place(part, place): _rule(said) for place, said in places.items()}
    for expression, said in told.items():  # version 2: one flat table
        for prefix in (f"$.{part}", f"$.{part}s"):
            if expression == prefix or expression.startswith((f"{prefix}.", f"{prefix}[")):
                written[tokens(expression.removeprefix(prefix))] = _rule(said)
    return Rules(written)


def _place(part: str, place: str) -> Path:
    """Headers are named as they are, and no case of theirs counts; all else is a path."""
    if part in ("header", "metadata") and not place.startswith("$"):
        return (place.lower() if part == "header" else place,) if place else ()
    return tokens(place)


def _rule(said: object) -> Rule:
    if not isinstance(said, Mapping):
        return Rule((_matcher({}),))
    listed = said.get("matchers")
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        return Rule(tuple(_matcher(one) for one in listed), str(said.get("combine", "AND")).upper() == "OR")
    return Rule((_matcher(said),))


def _matcher(said: object) -> Matcher:
    args = dict(said) if isinstance(said, Mapping) else {}
    kind = args.pop("match", None) or next((name for name in _SHORT if name in args), "type")
    kind = _ALIASES.get(str(kind), str(kind))
    if kind == "datetime" and "timestamp" in args:
        args["format"] = args.pop("timestamp")
    elif kind in args and kind != "regex":
        args["format"] = args.pop(kind)
    return Matcher(kind, json.dumps([kind, args], sort_keys=True), args)


def _weight(expression: Path, path: Path) -> int:
    """How well a rule's path fits a place, 0 for not at all: pact's own figures."""
    if len(expression) > len(path):
        return 0
    weight = 2
    for said, token in zip(expression, path, strict=False):
        if said == token and said not in ("*", "[*]"):
            weight *= 2
        elif not (said == "*" or (said == "[*]" and token.startswith("["))):
            return 0
    return weight
