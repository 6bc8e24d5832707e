"""What is remembered between an agent's rounds, in git's own directory: never in a tree, so never part of a change."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from guardrails.adapters.git import Repository
from guardrails.analysis.agents.rounds import Memory, sentences
from guardrails.model.finding import Finding
from guardrails.model.fingerprint import fingerprint
from guardrails.report.printable import printable

_MOST_BYTES = 1_000_000
_TRAILER = re.compile(r"(?mi)^Cannot-Satisfy:[ \t]*(\S.*)$")


def place_of(repository: Repository) -> Path:
    """The file. Each linked work tree has its own, since each may have its own agent."""
    return repository.git_directory / "guardrails" / "agents.json"


def recall(repository: Repository) -> Memory:
    """What is remembered; nothing where the file is missing, damaged or of another version."""
    try:
        with place_of(repository).open("rb") as file:
            memory = msgspec.json.decode(file.read(_MOST_BYTES), type=Memory)
    except (OSError, msgspec.MsgspecError):
        return Memory()
    return memory if memory.schema == Memory().schema else Memory()


def notes_of(repository: Repository, messages: Sequence[str], findings: Sequence[Finding]) -> tuple[str, ...]:
    """What agents have given up, for the verdict: what is recorded here of these findings, and trailers of the commits.

    It changes no verdict: a person reads it.
    """
    present = {fingerprint(finding) for finding in findings}
    told = [printable(text) for message in messages for text in _TRAILER.findall(message)]
    said = (f"A commit says that it cannot satisfy: {text[:300]}" for text in told[:10])
    return (*sentences(recall(repository).given_up, present), *said)


def keep(repository: Repository, memory: Memory) -> bool:
    """Write what is to be remembered, whole or not at all; whether it could be written."""
    path = place_of(repository)
    passing = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        passing.write_bytes(msgspec.json.encode(memory))
        passing.replace(path)
    except OSError:
        return False
    return True
