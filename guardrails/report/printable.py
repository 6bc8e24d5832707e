"""Text from a change, made safe to show.

Paths, test names and messages come from the code under judgement. They may hold control characters that drive a
terminal, bidirectional marks that make code read differently from what it is, invisible letters, or lines that a
continuous-integration log takes for commands. Here each of these becomes visible, as its Python escape (`\\x1b`,
`\\u202e`). Every report passes every foreign text through this module before the escaping of its own format.
"""

import re

# Printable for Python, yet drawn as nothing: Default_Ignorable_Code_Point of the Unicode character database, and the
# blank Braille pattern.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# GitHub takes `::name` at the start of a line for a command, and it and others take `##[name]`, `##vso[` anywhere.
# Our own colours may stand before it.
_COMMAND_AT_START = re.compile(r"^((?:\s|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)
_COMMAND_ANYWHERE = re.compile(r"##(?=\w*\[)")


def visible(character: str) -> bool:
    """Whether a reader can see this one character and it does nothing but stand there."""
    return character.isprintable() and not _INVISIBLE.match(character)


def printable(text: str) -> str:
    """`text` in one line: whatever is not visible, a line break or a tab too, is written as its Python escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if visible(c) else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> list[str]:
    """The lines of `text`, each printable; tabs become four spaces. A line ends at a line feed only."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return [printable(line.rstrip()) for line in lines]


def printable_block(text: str, most_lines: int = 40, most_characters: int = 4000) -> str:
    """`text` in printable lines, cut (and said to be) past `most_lines` lines or `most_characters` characters."""
    lines = printable_lines(shorten(text.strip(), most_characters))
    if len(lines) > most_lines:
        left = len(lines) - most_lines
        lines = [*lines[:most_lines], f"... ({left} more {'line' if left == 1 else 'lines'})"]
    return "\n".join(lines)


def shorten(text: str, most: int) -> str:
    """`text`, or its beginning with a word on how many characters are left out where it is longer than `most`."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()}... ({len(text) - most} more characters)"


def without_commands(text: str) -> str:
    """`text` with what a log would take for a command broken by a space (`: :error`, `## [group]`)."""
    return _COMMAND_ANYWHERE.sub("## ", _COMMAND_AT_START.sub(r"\1: ", text))
