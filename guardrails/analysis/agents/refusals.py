"""What an agent must not do by itself, told before it does it: cheap words, no judge. The gate sees it all the same."""

import re
import shlex
from collections.abc import Iterator, Sequence

from guardrails.analysis.agents.events import Event
from guardrails.model.paths import matches

_COMMANDS = (
    (
        re.compile(r"\bguardrails(\.exe)?\s+approve\b|-m\s+guardrails\s+approve\b"),
        "an approval is a person's: an agent's signature blocks the change",
    ),
    (re.compile(r"\bssh-keygen\b.*\s-Y\s+sign\b"), "a signature is a person's"),
    (re.compile(r"\bgit\b[^|;&]*\s(--no-verify|-n\b(?=.*commit))"), "hooks are not passed over"),
    (re.compile(r"\b(PYTEST_ADDOPTS|GUARDRAILS_[A-Z]+|HYPOTHESIS_[A-Z_]+)\s*="), "the environment of the checks stays"),
    (re.compile(r"\bgit\s+(update-ref|replace|filter-branch|filter-repo)\b"), "history is not rewritten"),
    (re.compile(r"\bSKIP=\S+\s+git\b"), "hooks are not passed over"),
)
_WRITERS = frozenset({"tee", "rm", "mv", "cp", "install", "truncate", "chmod", "ln", "dd", "touch", "patch"})
_IN_PLACE = frozenset({"sed", "perl", "ruff", "black"})
_SEPARATORS = frozenset({";", "&&", "||", "|", "&"})


def refusals(event: Event, protected: Sequence[str], root: str) -> tuple[str, ...]:
    """Why parts of what an agent is about to do are not its to do; `protected` are patterns of paths below `root`."""
    found = [f"`{_short(event.command)}`: {why}" for pattern, why in _COMMANDS if pattern.search(event.command)]
    touched = [*event.paths, *_written(event.command)]
    paths = dict.fromkeys(_inside(path, root, event.directory) for path in touched)
    mine = (path for path in paths if path and matches(path, protected))
    return (*found, *(f"{path} is protected: a person decides about every change to it" for path in mine))


def _inside(path: str, root: str, directory: str) -> str:
    """A path relative to the root, with slashes; empty where it lies outside."""
    whole = path if path.startswith("/") else f"{directory or root}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {"", ".", ".."}:
            parts.append(part)
    place, base = "/".join(parts), root.strip("/")
    return place.removeprefix(f"{base}/") if place.startswith(f"{base}/") else ""


def _written(command: str) -> Iterator[str]:
    """Paths that a command line writes, as far as its words show."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        words = command.split()
    program, in_place = "", False
    for place, word in enumerate(words):
        if word in _SEPARATORS:
            program, in_place = "", False
        elif word in {">", ">>", ">|", "&>"} and place + 1 < len(words):
            yield words[place + 1]
        elif not program and "=" not in word:
            program = word.rpartition("/")[2]
        elif word.startswith("-"):
            in_place = in_place or word.startswith(("-i", "--in-place"))
        elif (
            program in _WRITERS
            or (program in _IN_PLACE and in_place)
            or (program == "git" and "checkout" in words[:place])
        ):
            yield word


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
