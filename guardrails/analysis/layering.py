"""The answers of import-linter over a tree, and which broken edges are new against the base."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guardrails.errors import JudgementError

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """One direct import, and the line where it stands if that is known."""

    importer: str
    imported: str
    line: int | None

    @property
    def edge(self) -> Edge:
        """The two modules."""
        return (self.importer, self.imported)


@dataclass(frozen=True, slots=True)
class Breach:
    """One pair of modules of which a contract says that the first may not reach the second, and how it does."""

    source: str
    target: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract over one tree. `gone` are modules that it names and the tree lacks; `error` says why it could not
    be checked."""

    name: str
    kind: str
    options: str
    kept: bool = False
    guidance: str = ""
    gone: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()
    error: str = ""
    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class Layering:
    """All contracts of one configuration over one tree. `failure` says why the tree could not be read at all."""

    modules: int = 0
    packages: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    edges: frozenset[Edge] = frozenset()
    contracts: tuple[Contract, ...] = ()
    failure: str = ""
    syntax: str = ""
    owed: int = 0

    def contract(self, name: str) -> Contract | None:
        """The contract of that name."""
        return next((c for c in self.contracts if c.name == name), None)


def answers(stdout: str) -> tuple[Layering, ...]:
    """The child's answers, one for each job.

    Raises:
        JudgementError: they are not what the child writes.
    """
    try:
        return tuple(_layering(answer) for answer in json.loads(stdout)["answers"])
    except (ValueError, KeyError, TypeError) as error:
        start = stdout[:200]
        raise JudgementError(f"the answer of import-linter cannot be read ({error}): {start!r}") from error


def _layering(answer: Mapping[str, Any]) -> Layering:
    if "failure" in answer:
        gone = tuple(answer.get("gone", ()))
        return Layering(
            failure=answer["failure"], syntax=answer.get("syntax", ""), gone=gone, owed=answer.get("contracts", 0)
        )
    contracts = tuple(_contract(c) for c in answer["contracts"])
    edges = frozenset((importer, imported) for importer, imported in answer["imports"])
    return Layering(
        answer["modules"], tuple(answer["packages"]), tuple(answer["gone"]), edges, contracts, owed=len(contracts)
    )


def _contract(answer: Mapping[str, Any]) -> Contract:
    breaches = tuple(
        Breach(v["from"], v["to"], tuple(dict.fromkeys(Link(*link) for link in v["links"])))
        for v in answer.get("violations", ())
    )
    return Contract(
        name=answer["name"],
        kind=str(answer["type"]),
        options=json.dumps(answer["options"], sort_keys=True),
        kept=answer.get("kept", False),
        guidance=answer["guidance"],
        gone=tuple(answer.get("gone", ())),
        undeclared=tuple(answer.get("undeclared", ())),
        breaches=breaches,
        error=answer.get("error", ""),
        unsupported=answer.get("unsupported", False),
    )


@dataclass(frozen=True, slots=True)
class Before:
    """What the base already had: its imports, and the edges that broke each contract then, under the head's names."""

    edges: frozenset[Edge] = frozenset()
    broken: Mapping[str, frozenset[Edge]] = field(default_factory=dict)
    undeclared: Mapping[str, frozenset[str]] = field(default_factory=dict)


def before(base: Layering, renamed: Mapping[str, str]) -> Before:
    """What the base already had. `renamed` maps module names of the base to those of the head."""

    def now(edges: Iterator[Edge] | frozenset[Edge]) -> frozenset[Edge]:
        return frozenset((renamed.get(a, a), renamed.get(b, b)) for a, b in edges)

    return Before(
        now(base.edges),
        {c.options: now(link.edge for breach in c.breaches for link in breach.links) for c in base.contracts},
        {c.options: frozenset(c.undeclared) for c in base.contracts},
    )


def new_links(contract: Contract, base: Before) -> list[tuple[Breach, Link]]:
    """The imports that newly break a contract, each once, with one breach that each causes.

    A breach through imports that all broke the same contract at the base is old. Of the others the imports that the
    base lacks are to blame; where there is none (the contract is new, or a module changed its name) the first one is.
    """
    old = base.broken.get(contract.options, frozenset())
    blamed: dict[Edge, tuple[Breach, Link]] = {}
    for breach in contract.breaches:
        fresh = [link for link in breach.links if link.edge not in old]
        guilty = [link for link in fresh if link.edge not in base.edges] or fresh[:1]
        for link in guilty:
            blamed.setdefault(link.edge, (breach, link))
    return list(blamed.values())


def module_of(path: str, roots: Sequence[str]) -> str:
    """The dotted name of a Python file below one of the roots of imports."""
    for root in sorted(roots, key=len, reverse=True):
        start = "" if root in {"", "."} else root.rstrip("/") + "/"
        if path.startswith(start):
            return path.removeprefix(start).rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
    return path


def file_of(module: str, roots: Sequence[str], paths: frozenset[str]) -> str | None:
    """The file of a module below one of the roots of imports, or None."""
    inner = module.replace(".", "/")
    starts = ["" if root in {"", "."} else root.rstrip("/") + "/" for root in roots]
    names = (f"{start}{inner}{end}" for start in starts for end in (".py", "/__init__.py"))
    return next((name for name in names if name in paths), None)
