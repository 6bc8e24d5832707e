"""Whether what is expected of one value now is as much as what was expected of it.

An expectation is an example and the matchers that decide; none means that very value. Where this module cannot tell, it
says that the new one expects less. One thing it takes on trust: a regular expression, or a text to include, is meant
for strings, although pact applies it to the text of a number too.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from guardrails.analysis.promises.patterns import alternatives, endless
from guardrails.analysis.promises.rules import Matcher, Rule
from guardrails.analysis.promises.steps import Kind

_DOMAINS = {
    "regex": "string",
    "include": "string",
    "date": "string",
    "time": "string",
    "datetime": "string",
    "semver": "string",
    "boolean": "boolean",
    "null": "null",
    "integer": "number",
    "decimal": "number",
    "number": "number",
}
_LONGEST = 200
"""Characters of a value that a regular expression is tried on."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An example and the rule that decides; no rule means exactly the example."""

    example: Any
    rule: Rule | None = None

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """What decides, the value itself included."""
        return self.rule.matchers if self.rule and self.rule.matchers else (Matcher("equality", "equality"),)

    @property
    def either(self) -> bool:
        """Whether one matcher of several suffices."""
        return bool(self.rule and self.rule.either)


def kind_of(value: object) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def compare(old: Expected, new: Expected) -> Kind:
    """Compatible if all that satisfies `new` satisfies `old`; breaking if neither's example satisfies the other."""
    if _implies(new, old):
        return Kind.COMPATIBLE
    known = (_accepts_all(old, new.example), _accepts_all(new, old.example))
    return Kind.BREAKING if known == (False, False) else Kind.WEAKENING


def words(one: Expected) -> str:
    """What is expected, for a sentence: `any integer`, `exactly 7`."""
    join = " or " if one.either else " and "
    return join.join(_words(matcher, one.example) for matcher in one.matchers)


def _implies(new: Expected, old: Expected) -> bool:
    enough = any if old.either else all
    if new.either:
        return all(
            enough(_one(mine, new.example, theirs, old.example) for theirs in old.matchers) for mine in new.matchers
        )
    return enough(any(_one(mine, new.example, theirs, old.example) for mine in new.matchers) for theirs in old.matchers)


def _one(new: Matcher, value: Any, old: Matcher, was: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether what one matcher accepts, another accepts too."""
    if new.kind == "equality":
        return accepts(old, was, value) is True
    if old.kind == "type":
        domain = kind_of(value) if new.kind == "type" else _DOMAINS.get(new.kind)
        return domain == kind_of(was)
    if old.kind in ("number", "boolean", "null"):
        domain = kind_of(value) if new.kind == "type" else _DOMAINS.get(new.kind)
        return domain == old.kind
    if old.kind == "notEmpty" and new.kind in ("integer", "decimal", "number", "boolean"):
        return True
    if old.kind == "include" and new.kind == "include":
        return str(old.args.get("value")) in str(new.args.get("value"))
    if old.kind == "regex" and new.kind == "regex" and old.said != new.said:
        mine, theirs = (alternatives(str(one.args.get("regex", ""))) for one in (new, old))
        return mine is not None and theirs is not None and mine <= theirs
    return old.said == new.said and old.kind != "equality"


def _accepts_all(one: Expected, value: Any) -> bool | None:  # noqa: ANN401 - JSON
    told = [accepts(matcher, one.example, value) for matcher in one.matchers]
    certain, doubt = (True, False) if one.either else (False, True)
    if certain in told:
        return certain
    return None if None in told else doubt


def accepts(matcher: Matcher, example: Any, value: Any) -> bool | None:  # noqa: ANN401 - JSON
    """Whether a matcher accepts a value; None where only pact can tell."""
    kind = matcher.kind
    if kind == "equality":
        return _same(example, value)
    if kind == "type":
        return kind_of(example) == kind_of(value)
    if kind in ("number", "null"):
        return kind_of(value) == kind
    if kind in ("integer", "decimal"):
        return type(value) is (int if kind == "integer" else float)
    if kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if kind == "notEmpty":
        return value not in ("", [], {}, None)
    if kind == "include":
        return str(matcher.args.get("value")) in _text(value)
    if kind == "regex":
        told = _matches(str(matcher.args.get("regex", "")), _text(value))
        return True if told is None and _same(example, value) else told
    # A date or a version: the example is one, and what is not a string is none.
    return True if _same(example, value) else (None if isinstance(value, str) else False)


def _matches(pattern: str, text: str) -> bool | None:
    """Whether a whole text is matched. What might take long, or is not Python's syntax, is not tried: None."""
    if endless(pattern) or len(text) > _LONGEST:
        return None
    try:
        return re.fullmatch(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        return None


def _same(one: object, other: object) -> bool:
    """Equal as pact takes it: 1 and 1.0 differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _words(matcher: Matcher, example: object) -> str:
    if matcher.kind == "equality":
        return f"exactly {json.dumps(example, ensure_ascii=False)}"
    if matcher.kind == "type":
        return f"any {kind_of(example)}"
    if matcher.kind == "regex":
        return f"what /{matcher.args.get('regex', '')}/ matches"
    if matcher.kind == "include":
        return f"anything with {matcher.args.get('value')!r} in it"
    shape = matcher.args.get("format")
    return f"any {matcher.kind}" + (f" like {shape}" if shape else "")
