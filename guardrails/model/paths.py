"""Which path is what: the patterns of `guardrails.toml`, applied."""

import functools
import re
from collections.abc import Iterable, Sequence


@functools.lru_cache(maxsize=512)
def _regex(pattern: str) -> re.Pattern[str]:
    """`**/` is any number of directories, `*` anything but a slash, `?` one character but a slash."""
    out, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out, at = out + "(?:[^/]+/)*", at + 3
        elif pattern.startswith("**", at):
            out, at = out + ".*", at + 2
        elif pattern[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif pattern[at] == "?":
            out, at = out + "[^/]", at + 1
        else:
            out, at = out + re.escape(pattern[at]), at + 1
    return re.compile(out + r"\Z")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether `path` (relative, forward slashes) matches one of the patterns, each against the whole path.

    A pattern that ends in a slash stands for everything below that directory. Case matters.
    """
    return any(_regex(p + "**" if p.endswith("/") else p).match(path) for p in patterns)


def select(paths: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """The paths that match, in their order."""
    return tuple(path for path in paths if matches(path, patterns))
