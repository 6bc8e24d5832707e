"""What a change says of itself: its intent and its area, from the trailers of its commits or a file of its own.

A declaration makes a judge stricter: what was declared is held against what was done. Nothing that it says lets
anything off that would be found without it, but for one thing: that behaviour changes on purpose (`feature`, `fix`).
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from guardrails.errors import ConfigurationError
from guardrails.model.change import Change
from guardrails.model.strict import decode
from guardrails.ports import Trees


class Intent(StrEnum):
    """What a change is for."""

    REFACTOR = "refactor"
    PERFORMANCE = "performance"
    FIX = "fix"
    FEATURE = "feature"
    TEST = "test"
    DOCS = "docs"
    DEPENDENCIES = "dependencies"
    CHORE = "chore"


KEEPING = frozenset({Intent.REFACTOR, Intent.PERFORMANCE})
"""Promise that every answer stays as it was."""
CHANGING = frozenset({Intent.FEATURE, Intent.FIX})
"""Say that answers change on purpose."""
CODELESS = frozenset({Intent.DOCS, Intent.TEST})
"""Promise that the product's code is left alone."""

_SAME = {
    "refactoring": "refactor", "perf": "performance", "bugfix": "fix", "bug": "fix", "feat": "feature",
    "tests": "test", "testing": "test", "doc": "docs", "documentation": "docs", "deps": "dependencies",
    "dependency": "dependencies",
}  # fmt: skip
_TRAILER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]+(\S.*)$")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a declaration."""

    intent: str | tuple[str, ...] = ()
    area: str | tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations of a whole change. `unknown` holds words that are no intent, each with the nearest that is one;
    `trouble` says why the file cannot be read."""

    intents: frozenset[Intent] = frozenset()
    areas: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    trouble: str = ""

    @property
    def contradiction(self) -> tuple[Intent, Intent] | None:
        """Two intents of which one promises what the other denies."""
        keeping, changing = sorted(self.intents & KEEPING), sorted(self.intents & CHANGING)
        return (keeping[0], changing[0]) if keeping and changing else None

    @property
    def keeps_behaviour(self) -> bool:
        """Whether it promises that every answer stays as it was, and does not say the contrary too."""
        return bool(self.intents & KEEPING) and not self.intents & CHANGING

    @property
    def changes_behaviour(self) -> bool:
        """Whether it says that answers change on purpose."""
        return bool(self.intents & CHANGING)

    @property
    def is_codeless(self) -> bool:
        """Whether it promises that the product's code is left alone."""
        return bool(self.intents) and self.intents <= CODELESS


def declared(change: Change, trees: Trees, path: str) -> Declared:
    """What a change declares. The file at `path` counts only if the change brings it or edits it: one that an earlier
    change left behind says nothing of this one."""
    text = trees.head.read(path) if path else None
    fresh = text is not None and text != trees.base.read(path)
    return parse(change.messages, text.decode("utf-8", "replace") if text is not None and fresh else None, path)


def parse(messages: Sequence[str], text: str | None = None, source: str = "the file") -> Declared:
    """What commit messages and the text of a file (None for none) declare together."""
    pairs = [pair for message in messages for pair in trailers(message)]
    words = [word for key, value in pairs if key in {"intent", "intents"} for word in _listed(value)]
    areas = [word for key, value in pairs if key in {"area", "areas"} for word in _listed(value)]
    trouble = ""
    if text is not None:
        try:
            file = decode(text, _File, source)
        except ConfigurationError as error:
            trouble = str(error)
        else:
            words += _listed(file.intent)
            areas += _listed(file.area)
    intents, unknown = _intents(words)
    return Declared(intents, tuple(dict.fromkeys(areas)), unknown, trouble)


def _listed(value: str | tuple[str, ...]) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def _intents(words: Iterable[str]) -> tuple[frozenset[Intent], tuple[tuple[str, str], ...]]:
    known = [*map(str, Intent), *_SAME]
    intents: set[Intent] = set()
    unknown: dict[str, str] = {}
    for word in words:
        plain = word.lower()
        if plain in known:
            intents.add(Intent(_SAME.get(plain, plain)))
        else:
            near = difflib.get_close_matches(plain, known, n=1, cutoff=0.5)
            unknown[word] = str(_SAME.get(near[0], near[0])) if near else ""
    return frozenset(intents), tuple(unknown.items())


def trailers(message: str) -> tuple[tuple[str, str], ...]:
    """The trailers of a commit message, keys in lower case.

    As git has it they are the last paragraph, if it is not the first, and if each of its lines is `Key: value` or goes
    on with the line before it (https://git-scm.com/docs/git-interpret-trailers).
    """
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", message.strip().replace("\r\n", "\n")) if part.strip()]
    if len(paragraphs) < 2:
        return ()
    found: list[tuple[str, str]] = []
    for line in paragraphs[-1].split("\n"):
        if line[:1] in " \t" and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
            continue
        match = _TRAILER.match(line.rstrip())
        if match is None:
            return ()
        found.append((match[1].lower(), match[2].strip()))
    return tuple(found)
