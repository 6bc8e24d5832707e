"""CODEOWNERS: whom a path belongs to. Source: the forges' documents of the file; of GitLab's sections the lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.model.paths import matches
from guardrails.ports import Tree

PLACES = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""In this order the first counts."""


@dataclass(frozen=True, slots=True)
class Owners:
    """The lines of a file as patterns and owners."""

    lines: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path: the last line that matches decides, and may name nobody."""
        return next((owners for patterns, owners in reversed(self.lines) if matches(path, patterns)), ())


def owners(tree: Tree) -> Owners:
    """The owners that a tree names; nobody where it has no such file."""
    for place in PLACES:
        content = tree.read(place)
        if content is not None:
            return parse(content.decode("utf-8", "replace"))
    return Owners()


def parse(text: str) -> Owners:
    """The owners of a file's text; a line that is not understood names nobody."""
    found = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].replace("\\ ", "\0").split()
        if words and not words[0].startswith(("[", "^[", "!")):
            found.append((_patterns(words[0].replace("\0", " ")), _people(words[1:])))
    return Owners(tuple(found))


def _people(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if "@" in word)


def _patterns(pattern: str) -> tuple[str, ...]:
    """The pattern as `guardrails.model.paths.matches` takes it: a name without a slash stands for itself anywhere."""
    inside = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    start = inside if anchored else f"**/{inside}"
    below = f"{start}/**"
    if pattern.endswith("/"):
        return (below,)
    return (start,) if pattern.endswith("/*") else (start, below)
