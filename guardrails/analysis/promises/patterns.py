"""Regular expressions of pacts, looked at and never run: what they list, and whether they may backtrack without end."""

import re

_PLAIN = re.compile(r"[\w -]*(\|[\w -]*)*")
_REPEATED = re.compile(r"(?:[*+]|\{\d*,\d*\})")


def alternatives(pattern: str) -> frozenset[str] | None:
    """The texts that a pattern such as `^(a|b)$` or `a|b` lists; None where it is more than a list."""
    inner = pattern.removeprefix("^").removesuffix("$")
    for opening in ("(?:", "("):
        if inner.startswith(opening) and inner.endswith(")"):
            inner = inner.removeprefix(opening).removesuffix(")")
            break
    return frozenset(inner.split("|")) if _PLAIN.fullmatch(inner) else None


def endless(pattern: str) -> bool:
    """Whether a repeated group holds a repetition or alternatives, as `(a+)+` and `(a|aa)*` do: such an expression can
    take longer than anybody waits, and pact's engine gives up on it with a crash."""
    opened: list[bool] = []
    position, escaped, inside = 0, False, False
    while position < len(pattern):
        character = pattern[position]
        if escaped or character == "\\":
            escaped = not escaped
        elif inside or character == "[":
            inside = character != "]"
        elif character == "(":
            opened.append(False)
        elif character == ")" and opened:
            holds = opened.pop()
            repeated = _REPEATED.match(pattern, position + 1)
            if holds and repeated:
                return True
            if opened and (holds or repeated):
                opened[-1] = True
        elif opened and (character == "|" or _REPEATED.match(pattern, position)):
            opened[-1] = True
        position += 1
    return False
