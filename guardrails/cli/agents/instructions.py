"""The page of instructions for coding agents: its middle is made from the policy, the layers and the gates."""

import textwrap
from collections.abc import Mapping, Sequence

from guardrails.config import Policy

BEGIN = "<!-- guardrails: made by `guardrails agents --write`; edit around it, not in it -->"
END = "<!-- guardrails: end -->"
_MOST_PATTERNS = 12
_WIDTH = 120


def middle(policy: Policy, layers: Mapping[str, Sequence[str]], gates: Sequence[tuple[str, str]]) -> str:
    """The part between the markers.

    `layers`: of each container, the highest first. `gates`: names, and what they catch.
    """
    scope, rounds = policy.scope, policy.agents.rounds
    judge = (
        "`guardrails check` judges your change, uncommitted work included: `pass`, `review` (a person decides), "
        "`block` (fix what is listed) or `error`. While you write: `guardrails check --profile fast`. What a rule is: "
        "`guardrails explain RULE`."
    )
    size = (
        f"A change of more than {scope.max_files} files or {scope.max_lines:,} lines goes to a person. Declare in the "
        f"commit message what it is (`Intent: refactor`) and where (`Area: {_an_area(policy)}`): work outside of that "
        "is found."
    )
    end = (
        f"After {rounds} rounds on the same finding, stop and ask a person. If you cannot satisfy one, say so: "
        "`guardrails give-up NAME --reason '...'`. That is an accepted outcome; working around a rule is not. Never "
        "run `guardrails approve`."
    )
    judges = f"**Judges** (taken from the base: editing them makes no change pass): {_listed(policy.project.judges)}."
    parts = [
        BEGIN,
        "## What judges a change here",
        _wrapped(judge),
        "\n".join(f"- `{name}`: {title}" for name, title in gates),
        _layers(layers),
        _wrapped(f"**Protected** (a person decides about every change): {_listed(scope.protected)}."),
        _wrapped(judges),
        _wrapped(size),
        _wrapped(end),
        END,
    ]
    return "\n\n".join(part for part in parts if part)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def page(existing: str | None, made: str, name: str) -> str:
    """The whole page with its middle replaced; a page without markers gets it at its end.

    Raises:
        ValueError: one marker stands without the other.
    """
    if not existing:
        return f"# For coding agents\n\n{made}\n"
    if (BEGIN in existing) is not (END in existing) or existing.count(BEGIN) > 1:
        raise ValueError(f"{name} has one marker of guardrails without the other, or two. Restore or remove them.")
    if BEGIN not in existing:
        return f"{existing.rstrip()}\n\n{made}\n"
    before, _, rest = existing.partition(BEGIN)
    return f"{before}{made}{rest.partition(END)[2]}"


def _layers(layers: Mapping[str, Sequence[str]]) -> str:
    lines = [f"- `{container}`: {' > '.join(order)}" for container, order in layers.items()]
    return "**Layers**, the highest first; imports go down only:\n\n" + "\n".join(lines) if lines else ""


def _listed(patterns: Sequence[str]) -> str:
    shown = ", ".join(f"`{pattern}`" for pattern in patterns[:_MOST_PATTERNS])
    return f"{shown} and {len(patterns) - _MOST_PATTERNS} more" if len(patterns) > _MOST_PATTERNS else shown


def _an_area(policy: Policy) -> str:
    return next(iter(policy.scope.areas), "ranking")
