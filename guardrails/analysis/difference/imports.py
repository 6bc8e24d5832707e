"""Who imports what, from plain text: enough to put files in order and to name new edges; the gate `layers` judges."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.analysis.source import Sources
from guardrails.model.change import Change
from guardrails.model.difference import Swap

MOST_MODULES = 5000
"""In a larger repository nothing is counted: the page must not make a check slow."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<start>[\w.]+)[ \t]+import[ \t]+(?P<names>\([^)]{0,4000}\)|[^\n#;]+)"
    r"|import[ \t]+(?P<plain>[^\n#;]+))",
    re.MULTILINE,
)


def imported(text: str, module: str) -> frozenset[str]:
    """The dotted names that the text of `module` may import; a name that is an attribute is one too."""
    return frozenset(_imported(text, module))


def _imported(text: str, module: str) -> Iterator[str]:
    for match in _IMPORT.finditer(text):
        if match["plain"]:
            yield from (part.split()[0] for part in match["plain"].split(",") if part.split())
            continue
        start = _absolute(match["start"], module)
        yield start
        names = match["names"].strip("() \t\n").split(",")
        yield from (f"{start}.{name.split()[0]}" for name in names if name.split())


def _absolute(start: str, module: str) -> str:
    dots = len(start) - len(start.lstrip("."))
    if not dots:
        return start
    parent = module.split(".")[:-dots]
    return ".".join([*parent, *filter(None, [start.lstrip(".")])])


def module_of(path: str) -> str:
    """The dotted name of a file, as if the tree (or its `src`) were on the path."""
    name = path.removeprefix("src/").removesuffix(".pyi").removesuffix(".py")
    return name.removesuffix("/__init__").replace("/", ".")


Edge = tuple[str, str]
Links = dict[Edge, str]


@dataclass(frozen=True, slots=True)
class Imports:
    """What the modules of the head import, and the imports between modules of both sides, with the importing file."""

    counts: Counter[str]
    before: Links
    after: Links

    @classmethod
    def read(cls, change: Change, base: Sources, head: Sources) -> "Imports":
        """The imports of both sides. A file that did not change is read once."""
        changed = change.paths
        modules = {module_of(path) for path in head.paths | base.paths if path.endswith(".py")}
        found = cls(Counter(), {}, {})
        if len(modules) > MOST_MODULES:
            return found
        for path in sorted(p for p in head.paths if p.endswith(".py")):
            names = imported(head.text(path) or "", module_of(path))
            found.counts.update(names)
            links = {(module_of(path), name): path for name in sorted(names & modules)}
            found.after.update(links)
            if path not in changed:
                found.before.update(links)
        for path in sorted(p for p in base.paths & changed if p.endswith(".py")):
            names = imported(base.text(path) or "", module_of(path))
            found.before.update({(module_of(path), name): path for name in sorted(names & modules)})
        return found

    def importers(self, path: str) -> int:
        """How many modules of the head import the module at `path`."""
        return self.counts[module_of(path)] if path.endswith(".py") else 0

    def edges(self) -> tuple[Swap, ...]:
        """Imports between packages that only one side has."""
        before, after = _between(self.before), _between(self.after)
        new = [Swap(f"{a} → {b}", "", "new", after[a, b]) for a, b in sorted(after.keys() - before)]
        gone = [Swap(f"{a} → {b}", "gone", "", before[a, b]) for a, b in sorted(before.keys() - after)]
        return (*new, *gone)


def _between(links: Links) -> Links:
    """The imports from one package to another, with the first file that has one."""
    found: Links = {}
    for (one, other), path in links.items():
        if _package(one) != _package(other):
            found.setdefault((_package(one), _package(other)), path)
    return found


def _package(module: str) -> str:
    """The part of the project that a module belongs to: the first two names of its path."""
    return ".".join(module.split(".")[:2])
