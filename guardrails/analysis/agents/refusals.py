"""What an agent must not do by itself, told before it does it: cheap words, no judge. The gate sees it all the same."""

import re
from collections.abc import Iterator, Sequence

from guardrails.analysis.agents.events import Event
from guardrails.analysis.agents.shell import orders, split
from guardrails.model.paths import matches

_APPROVAL = "an approval is a person's: an agent's signature blocks the change"
_PASSED_OVER = "hooks are not passed over"
_CHECKS = re.compile(r"(PYTEST_ADDOPTS|GUARDRAILS_[A-Z_]+|HYPOTHESIS_[A-Z_]+)=")
_HISTORY = frozenset({"update-ref", "replace", "filter-branch", "filter-repo"})
_PYTHON = re.compile(r"(python|pypy)[\d.]*")
_VALUED = frozenset(
    {"-m", "-F", "-C", "-c", "-t", "--message", "--file", "--author", "--date", "--git-dir", "--work-tree"}
)
_NO_VERIFY = re.compile(r"-[a-bd-ln-su-zA-BD-EG-Z]*n")  # letters before it that take no value
_WRITERS = frozenset({"tee", "rm", "mv", "cp", "install", "truncate", "chmod", "ln", "dd", "touch", "patch"})
_IN_PLACE = frozenset({"sed", "perl", "ruff", "black"})
_INTO = frozenset({">", ">>", ">|", "&>", "&>>"})


def refusals(event: Event, protected: Sequence[str], root: str) -> tuple[str, ...]:
    """Why parts of what an agent is about to do are not its to do; `protected` are patterns of paths below `root`."""
    told = list(orders(event.command))
    found = dict.fromkeys(f"`{_short(' '.join(words))}`: {why}" for words in told for why in _refused(words))
    touched = [*event.paths, *(path for words in told for path in _written(words))]
    paths = dict.fromkeys(_inside(path, root, event.directory) for path in touched)
    mine = (path for path in paths if path and matches(path, protected))
    return (*found, *(f"{path} is protected: a person decides about every change to it" for path in mine))


def _refused(words: Sequence[str]) -> Iterator[str]:
    assigned, program, rest = split(words)
    if _PYTHON.fullmatch(program) and "-m" in rest[:-1]:
        place = rest.index("-m") + 1
        program, rest = rest[place], rest[place + 1 :]
    if program == "guardrails" and next((word for word in rest if not word.startswith("-")), "") == "approve":
        yield _APPROVAL
    if program == "ssh-keygen" and re.search(r"(?:^| )-Y ?sign(?: |$)", " ".join(rest)):
        yield "a signature is a person's"
    if any(_CHECKS.match(word) for word in (*assigned, *(rest if program in {"export", "declare"} else ()))):
        yield "the environment of the checks stays"
    if program == "git":
        yield from _of_git(assigned, rest)


def _of_git(assigned: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    plain = [word for place, word in enumerate(words) if place == 0 or words[place - 1] not in _VALUED]
    verb = next((word for word in plain if not word.startswith("-")), "")
    short = verb == "commit" and any(_NO_VERIFY.match(word) for word in plain)
    skipped = any(word.startswith("SKIP=") for word in assigned)
    elsewhere = any(word.lower().startswith("core.hookspath") for word in words)
    if "--no-verify" in plain or short or skipped or elsewhere:
        yield _PASSED_OVER
    if verb in _HISTORY:
        yield "history is not rewritten"


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


def _written(words: Sequence[str]) -> Iterator[str]:
    """Paths that a simple command writes, as far as its words show."""
    yield from (words[place + 1] for place, word in enumerate(words[:-1]) if word in _INTO)
    _, program, rest = split(words)
    in_place = program in _IN_PLACE and any(word.startswith(("-i", "--in-place")) for word in rest)
    if program in _WRITERS or in_place or (program == "git" and "checkout" in rest):
        yield from (word for word in rest if not word.startswith("-"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
