"""Areas of a repository: which paths a declared area stands for, and which other paths belong to it."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.support import dotted, imported
from guardrails.model.paths import matches

_DOCUMENTS = (".md", ".rst", ".adoc", ".txt")
_CHANGELOGS = re.compile(r"(changelog|changes|news|history|releases?)(\.\w+)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Area:
    """A declared area and the patterns that it stands for; none where nothing in the repository has that name."""

    name: str
    patterns: tuple[str, ...]
    nearest: str = ""


def plain(name: str) -> str:
    """A name as it is compared: `Re-ranking` is `re_ranking`."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def resolved(name: str, areas: Mapping[str, Sequence[str]], paths: Iterable[str]) -> Area:
    """The area of a name: what the policy says, else every directory or module that is called so, else a path."""
    listed = {plain(key): tuple(value) for key, value in areas.items()}
    if plain(name) in listed:
        return Area(name, listed[plain(name)])
    known = places(paths)
    wanted = plain(name).strip("/")
    found = known.get(wanted) or known.get(wanted.replace(".", "/")) or ()
    if found:
        return Area(name, tuple(sorted(found)))
    near = difflib.get_close_matches(wanted, [*listed, *known], n=1, cutoff=0.6)
    return Area(name, (), near[0] if near else "")


def places(paths: Iterable[str]) -> Mapping[str, set[str]]:
    """Patterns by the name of a directory or a Python module, and by its whole path."""
    found: dict[str, set[str]] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            directory = "/".join(parts[:depth])
            for key in (parts[depth - 1], directory):
                found.setdefault(plain(key), set()).add(f"{directory}/**")
        if is_python(path):
            module = path.rpartition(".")[0]
            for key in (module.rpartition("/")[2], module):
                found.setdefault(plain(key), set()).add(path)
    return found


class Membership:
    """Which paths of a change belong to its declared areas.

    Beside what the patterns name that is: the changelog, tests and documents that name the area or one of its changed
    modules in their path, tests that import from it, and documents that speak of it.
    """

    def __init__(self, areas: Sequence[Area], judges: Sequence[str], changed: Iterable[str]) -> None:
        self._patterns = tuple(pattern for area in areas for pattern in area.patterns)
        self._judges = judges
        inside = [path for path in changed if matches(path, self._patterns)]
        stems = {PurePosixPath(path).stem for path in inside} - {"__init__", "__main__"}
        self._words = {plain(word) for word in (*(area.name for area in areas), *stems)}
        self._modules = {name for path in inside if is_python(path) for name in dotted(path)}

    def holds(self, path: str, sources: Sources) -> bool:
        """Whether a path, with its text in one tree, belongs to the areas."""
        name = path.rpartition("/")[2]
        if matches(path, self._patterns) or _CHANGELOGS.fullmatch(name):
            return True
        if matches(path, self._judges):
            return self._names(path) or self._imports(path, sources)
        if path.endswith(_DOCUMENTS):
            text = plain(sources.text(path) or "")
            return self._names(path) or any(
                re.search(rf"(?<![^\W_]){re.escape(w)}(?![^\W_])", text) for w in self._words
            )
        return False

    def _names(self, path: str) -> bool:
        words = "_".join(_WORD.findall(path.lower()))
        return any(f"_{word}_" in f"_{words}_" for word in self._words)

    def _imports(self, path: str, sources: Sources) -> bool:
        module = sources.module(path) if is_python(path) else None
        if module is None:
            return False
        names = imported(module, path)
        inside = (matches(name.replace(".", "/") + end, self._patterns) for name in names for end in ("", "/x", ".py"))
        return not self._modules.isdisjoint(names) or any(inside)
