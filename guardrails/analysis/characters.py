"""Characters that make source look like what it is not.

Source: Unicode Technical Standard 39 (security mechanisms), and N. Boucher and R. Anderson, "Trojan Source: Invisible
Vulnerabilities", USENIX Security 2023.
"""

import builtins
import io
import keyword
import re
import tokenize
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

CODE_SUFFIXES = frozenset(
    {
        ".bash", ".c", ".cc", ".cfg", ".cjs", ".cmake", ".cpp", ".go", ".gradle", ".h", ".hpp", ".ini", ".java", ".js",
        ".jsx", ".kt", ".lua", ".mjs", ".nix", ".pl", ".pxd", ".py", ".pyi", ".pyx", ".rb", ".rs", ".sh", ".sql",
        ".toml", ".ts", ".tsx", ".yaml", ".yml", ".zsh",
    }
)  # fmt: skip
CODE_NAMES = frozenset({"Makefile", "Dockerfile", "CODEOWNERS", ".importlinter", ".gitattributes", ".gitmodules"})


class Suspicion(StrEnum):
    """What a character can do."""

    BIDI = "bidirectional"
    """Changes the order in which a line is shown."""
    INVISIBLE = "invisible"
    """Is there and cannot be seen."""
    CONTROL = "control"
    """Moves a terminal's cursor, or ends a line for some readers only."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One suspicious character at a column that counts from 1."""

    column: int
    character: str
    suspicion: Suspicion

    @property
    def name(self) -> str:
        """Its code point and Unicode name."""
        return f"U+{ord(self.character):04X} {unicodedata.name(self.character, 'CONTROL CHARACTER')}"


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e01ef]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0d\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_JOINERS, _TEXT_OR_EMOJI = "\u200c\u200d", "\ufe0e\ufe0f"


def is_code(path: str) -> bool:
    """Whether a machine acts on the file, by its name."""
    name = path.rpartition("/")[2]
    return name in CODE_NAMES or any(name.endswith(suffix) for suffix in CODE_SUFFIXES)


def suspects(line: str) -> Iterator[Suspect]:
    """The suspicious characters of a line. Joiners inside emoji and inside scripts that need them are none."""
    if line.isascii() and line.isprintable():
        return
    for at, character in enumerate(line):
        if character in _BIDI:
            yield Suspect(at + 1, character, Suspicion.BIDI)
        elif _INVISIBLE.match(character):
            if not _belongs(line, at):
                yield Suspect(at + 1, character, Suspicion.INVISIBLE)
        elif _CONTROL.match(character):
            yield Suspect(at + 1, character, Suspicion.CONTROL)


def _belongs(line: str, at: int) -> bool:
    """Whether an invisible character stands where writing needs it: emoji sequences, Arabic and Indic scripts."""
    character = line[at]
    before, after = line[at - 1 : at] if at else "", line[at + 1 : at + 2]
    if character in _TEXT_OR_EMOJI:
        return after == "\u20e3" or (not before.isascii() and not _INVISIBLE.match(before))
    if character in _JOINERS:
        return _joins(before) and _joins(after)
    if "\U000e0020" <= character <= "\U000e007f":  # the flags of England, Scotland, Wales
        return before == "\U0001f3f4" or "\U000e0020" <= before <= "\U000e007f"
    return False


def _joins(character: str) -> bool:
    """Whether a joiner may stand beside it: a pictograph, or a letter or mark of a script beyond Greek and Cyrillic."""
    if not character or character.isascii():
        return False
    pictograph = unicodedata.category(character) in {"So", "Sk"} or character in _TEXT_OR_EMOJI
    return pictograph or (character >= "\u0590" and unicodedata.category(character)[0] in "LM")


# Letters that look like Latin ones. Greek small letters other than omicron are honest mathematics and stand apart.
_TWINS = dict(
    zip(
        "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅԌԚԜ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϳ" + "օսհոցՕՍ",  # noqa: RUF001 - the look-alikes themselves
        "aeopcyxijshdqwABEKMHOPCTYXIJSGQW" + "ABEZHIKMNOPTYXoj" + "oshngOS",
        strict=True,
    )
)


def confusable(word: str, known: Iterable[str] = ()) -> str | None:
    """What an identifier passes itself off as, or None.

    Caught: Latin letters mixed with look-alikes of another script; a word made of look-alikes only, which then equals
    a `known` name, a keyword or a builtin; compatibility forms that Python folds to ASCII.
    """
    if word.isascii():
        return None
    folded = unicodedata.normalize("NFKC", word)
    if folded.isascii():
        return folded
    twins = [character for character in word if character in _TWINS]
    if not twins:
        return None
    skeleton = "".join(_TWINS.get(character, character) for character in word)
    if any(character.isascii() and character.isalpha() for character in word):
        return skeleton
    spoofed = keyword.iskeyword(skeleton) or hasattr(builtins, skeleton) or skeleton in set(known)
    return skeleton if skeleton.isascii() and spoofed else None


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each non-ASCII identifier of Python source; comments and strings are left out."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and not token.string.isascii():
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):  # the lint gate reports what does not parse
        return
