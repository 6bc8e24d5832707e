"""What the files of a tree say about other packages: requirements, where they come from, and what a lock holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name, is_normalized_name

RUNTIME, BUILD, CONSTRAINT = "runtime", "build", "constraint"
_DEVELOPMENT = re.compile(
    r"(?:^|[-_.:/])(dev|devel|develop|test|tests|testing|doc|docs|lint|typing|types|ci|bench)(?![a-z])"
)
_DIRECT = re.compile(r"(?i)^(?:[a-z0-9+]+://|git\+|hg\+|svn\+|bzr\+|file:|\.{1,2}$|\.{0,2}/|[a-z]:[\\/])")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_HEAD = re.compile(r"^\s*([^\s\[<>=!~;@,(]+)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `name` is in its canonical form, or as it is written where it cannot be a name.

    `group` is `runtime`, `build`, `constraint`, `extra:NAME` or `group:NAME`. `text` is fit to be shown: it holds no
    credentials. `specifier` is by PEP 440, or empty where there is none or where a tool writes it in its own way.
    """

    name: str
    text: str
    path: str
    line: int | None
    group: str = RUNTIME
    specifier: str = ""
    pinned: bool = False
    hashes: frozenset[str] = frozenset()
    direct: str = ""
    valid: bool = True

    @property
    def development(self) -> bool:
        """Whether it is there for those who work on the project, not for those who use it."""
        return self.group.startswith("group:") or bool(
            _DEVELOPMENT.search(self.group) or _DEVELOPMENT.search(self.path.rpartition("/")[2])
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that packages are taken from beside the registry. `kind` is the option or key that names it."""

    address: str
    kind: str
    path: str
    line: int | None
    name: str = ""
    unchecked: bool = False
    """Its certificate is not looked at."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of a lock. `needs` are the names that it requires, where the lock says so."""

    name: str
    version: str
    hashes: frozenset[str] = frozenset()
    direct: str = ""
    line: int | None = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file. `graph` says that its entries name what they require; `roots` are the tree's own packages."""

    path: str
    entries: tuple[Locked, ...]
    graph: bool = False
    origins: tuple[Origin, ...] = ()
    roots: frozenset[str] = frozenset()

    def names(self) -> frozenset[str]:
        """Every package of the lock."""
        return frozenset(entry.name for entry in self.entries)


@dataclass(slots=True)
class Declared:
    """What one file, or a whole tree, declares."""

    requirements: list[Requirement] = field(default_factory=list)
    direct: list[Origin] = field(default_factory=list)
    indexes: list[Origin] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    """The names of the tree's own distributions."""
    open: bool = False
    """A file computes its requirements, so that not all are known."""
    unreadable: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Declared") -> None:
        """Take in what another file declares."""
        self.requirements += other.requirements
        self.direct += other.direct
        self.indexes += other.indexes
        self.own |= other.own
        self.open = self.open or other.open
        self.unreadable |= other.unreadable


def shown(text: str) -> str:
    """A requirement or an address without the credentials in it, short enough for a report."""
    clean = _CREDENTIALS.sub("…@", " ".join(text.split()))
    return clean if len(clean) <= 120 else f"{clean[:117]}…"


def is_direct(text: str) -> bool:
    """Whether a text is an address or a path rather than a name."""
    return bool(_DIRECT.match(text.strip().strip("'\"")))


def requirement(
    text: str, path: str, line: int | None, group: str, hashes: frozenset[str] = frozenset()
) -> Requirement:
    """The requirement in a text of PEP 508, or of pip's where it is a bare address."""
    text = text.strip()
    if is_direct(text):
        name = re.search(r"[#&]egg=([\w.-]+)", text)
        known = canonicalize_name(name[1]) if name else ""
        return Requirement(known, shown(text), path, line, group, direct=text, hashes=hashes)
    try:
        parsed = Parsed(text)
    except InvalidRequirement:
        head = _HEAD.match(text)
        return Requirement(head[1] if head else text, shown(text), path, line, group, valid=False)
    pinned = any(s.operator in {"==", "==="} and not s.version.endswith("*") for s in parsed.specifier)
    return Requirement(
        canonicalize_name(parsed.name),
        shown(text),
        path,
        line,
        group,
        str(parsed.specifier),
        pinned or bool(hashes),
        hashes,
        parsed.url or "",
    )


def named(name: str, version: str, path: str, line: int | None, group: str) -> Requirement:
    """A requirement that a tool writes as a key and a version of its own (`^1.2`, `*`)."""
    canonical = canonicalize_name(name)
    bare = version.strip().removeprefix("==").strip()
    return Requirement(
        canonical if is_normalized_name(canonical) else name,
        shown(f"{name} {version}".strip()),
        path,
        line,
        group,
        specifier=version if re.match(r"\s*(==|>=|<=|~=|!=|<|>)", version) else "",
        pinned=bool(re.fullmatch(r"\d+(\.\d+)+[\w.+-]*", bare)),
        valid=is_normalized_name(canonical),
    )


def line_of(lines: Sequence[str], *words: str) -> int | None:
    """The first line that holds a word, for the first word that any line holds."""
    for word in words:
        found = next((n for n, text in enumerate(lines, 1) if word and word in text), None)
        if found:
            return found
    return None
