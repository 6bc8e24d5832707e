"""File names that mean one thing here and another elsewhere, and symbolic links that lead out of the repository."""

import unicodedata
from collections.abc import Callable, Iterable

from guardrails.analysis.characters import suspects

_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))})
_MAX_LINKS = 40  # what Linux follows before it says ELOOP


def hidden_characters(path: str) -> str | None:
    """Why a path cannot be shown as it is, or None."""
    found = next(iter(suspects(path)), None)
    if found is not None:
        return f"the {found.suspicion} character {found.name}"
    return "a tab, a line feed or a form feed" if any(c in path for c in "\t\n\f") else None


def unportable(path: str) -> str | None:
    """Why a path is another one, or none, on another system, or None."""
    for part in path.split("/"):
        if part != part.rstrip(" .") or part != part.lstrip(" "):
            return f"{part!r} begins or ends with a space or ends with a dot, which some systems drop"
        if part.split(".")[0].lower() in _DEVICES:
            return f"{part!r} is a device name on Windows"
        bad = next((c for c in part if c in '\\:*?"<>|'), None)
        if bad:
            return f"{part!r} has the character {bad!r}, which is no part of a name on Windows"
    return None


def collisions(paths: Iterable[str], new: frozenset[str]) -> list[tuple[str, str]]:
    """Pairs (a new path, another path) that are one file where case or Unicode form does not count."""
    first: dict[str, str] = {}
    pairs = []
    for path in sorted(paths, key=lambda p: (p in new, p)):
        other = first.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path and path in new:
            pairs.append((path, other))
    return pairs


def escapes(path: str, link: Callable[[str], str | None]) -> bool:
    """Whether following the symbolic link at `path` leaves the repository or enters its `.git`.

    `link` gives the target of a link and None for anything else. Links on the way are followed as the system would; a
    chain that is too long counts as leaving.
    """
    place: list[str] = []
    todo = path.split("/")[::-1]
    followed = 0
    while todo:
        part = todo.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            if not place:
                return True
            place.pop()
            continue
        target = link("/".join([*place, part]))
        if target is None:
            place.append(part)
        elif target.startswith("/") or followed >= _MAX_LINKS:
            return True
        else:
            followed += 1
            todo.extend(target.split("/")[::-1])
    return place[:1] == [".git"]
