"""A command line as its simple commands: enough of a shell's grammar to tell what runs from what is only spoken of."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

_BETWEEN = frozenset(";&|()\n")
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_CARRIERS = frozenset(
    {"sudo", "env", "exec", "command", "time", "nohup", "nice", "timeout", "xargs",
     "uv", "poetry", "pipx", "hatch", "run"}
)  # fmt: skip
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_DEEPEST = 4


def orders(command: str, depth: int = 0) -> Iterator[tuple[str, ...]]:
    """The words of each simple command, also of those that a shell is told to run by `-c`."""
    words: list[str] = []
    for word in [*_words(command), ";"]:
        if word and set(word) <= _BETWEEN:
            if words:
                yield tuple(words)
                yield from _inner(words, depth)
            words = []
        else:
            words.append(word)


def _inner(words: Sequence[str], depth: int) -> Iterator[tuple[str, ...]]:
    program, rest = split(words)[1:]
    if program in _SHELLS and depth < _DEEPEST:
        flags = [place for place, word in enumerate(rest[:-1]) if re.fullmatch(r"-[a-z]*c", word)]
        if flags:
            yield from orders(rest[flags[0] + 1], depth + 1)


def split(words: Sequence[str]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Assignments, the program's name without its directory, its arguments; `sudo`, `env` and such are passed over."""
    assigned: list[str] = []
    carried = False
    for place, word in enumerate(words):
        if _ASSIGNED.match(word):
            assigned.append(word)
        elif word in _CARRIERS:
            carried = True
        elif not (carried and (word.startswith("-") or word.rstrip("smh").isdigit())):
            return tuple(assigned), PurePosixPath(word).name.removesuffix(".exe"), tuple(words[place + 1 :])
    return tuple(assigned), "", ()


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is never closed
        return command.replace("\n", " ; ").split()
