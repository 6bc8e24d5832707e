"""What a consumer's new pact asks of a provider that its old one did not: the other direction of `pact_changes`.

The provider that is deployed was held to the old pact. Whatever the new one expects beyond it, a status, a field, a
narrower value, a request that looks otherwise, it may not do: the consumer must not be deployed before it does.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.analysis.pact_changes import followers
from guardrails.analysis.pacts import Interaction, Pact
from guardrails.analysis.promises.interactions import compare

_TOLD = 5
_WORDS = {"providerStates": "another state", "pending": "an answer that counts"}


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that is asked for the first time. `what` is a sentence."""

    what: str
    path: str
    line: int | None = None


def demands(base: Sequence[Pact], head: Sequence[Pact]) -> list[Demand]:
    """What the head's pacts ask for that the base's do not."""
    found = []
    for pact in head:
        mine = [one for one in base if (one.consumer, one.provider) == (pact.consumer, pact.provider)]
        old = {one.key: one for other in mine for one in other.interactions}
        followed = followers(old.values(), pact.interactions)
        before = {new.key: old[key] for key, new in followed.items()}
        for one in pact.interactions:
            said = _of(one, before.get(one.key))
            if said:
                what = f"{pact.consumer} now requires {said} of {pact.provider}"
                found.append(Demand(what, pact.path, pact.line(one.description)))
    return found


def _of(new: Interaction, old: Interaction | None) -> str:
    """What one interaction asks for the first time; empty for nothing."""
    if old is None:
        return f"'{new.description}'"
    parts = list(dict.fromkeys(_WORDS.get(step.path, step.path) for step in compare(new, old)))
    if _request(new) != _request(old) and "the request" not in parts:
        parts.insert(0, "an answer to another request")
    more = len(parts) - _TOLD
    listed = ", ".join(parts[:_TOLD]) + (f" and {more} more" if more > 0 else "")
    return f"{listed} (in '{new.description}')" if parts else ""


def _request(one: Interaction) -> str:
    return json.dumps(one.said.get("request"), sort_keys=True)
