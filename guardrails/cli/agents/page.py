"""`guardrails agents`: the page of instructions, printed, written, or held against what it should say."""

import os
from pathlib import Path

from guardrails.adapters.git import open_repository
from guardrails.analysis.agents.belonging import layerings
from guardrails.cli.agents.hook import POLICY
from guardrails.cli.agents.instructions import middle, page
from guardrails.cli.output import complain, say
from guardrails.config import Policy
from guardrails.config import parse as parse_policy
from guardrails.errors import ConfigurationError, UsageError
from guardrails.gates.registry import GATES

CURRENT, DRIFTED = 0, 1


def run_page(directory: Path, *, write: bool, check: bool) -> int:
    """Print, write or check the page.

    Raises:
        ConfigurationError: the policy or the page cannot be read.
        UsageError: the page cannot be written.
    """
    root = open_repository(directory).root
    policy = _policy(root)
    target = root / policy.agents.instructions
    existing = target.read_text(encoding="utf-8") if target.exists() else None
    try:
        wanted = page(existing, made(root, policy), policy.agents.instructions)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    if check:
        if existing == wanted:
            return CURRENT
        complain(f"{policy.agents.instructions} is not what the policy makes it: run guardrails agents --write")
        return DRIFTED
    if not write:
        say(wanted)
    elif existing != wanted:
        _write(target, wanted)
        complain(f"{policy.agents.instructions} is written")
    return CURRENT


def made(root: Path, policy: Policy) -> str:
    """The middle of the page for a work tree."""
    source = root / policy.layers.config
    text = source.read_text(encoding="utf-8") if source.exists() else ""
    orders = {
        one.container or "top": [" | ".join(side) for side in one.layers]
        for one in layerings(policy.layers.config, text)
    }
    return middle(policy, orders, [(gate.name, gate.title) for gate in GATES])


def _policy(root: Path) -> Policy:
    place = root / POLICY
    return parse_policy(place.read_text(encoding="utf-8"), POLICY) if place.exists() else Policy()


def _write(target: Path, text: str) -> None:
    passing = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        passing.write_text(text, encoding="utf-8")
        passing.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error
