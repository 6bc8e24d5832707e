"""A change that is called compatible is one: pact's own verifier says so, of answers that keep the new version."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from guardrails.analysis.pacts import Interaction
from guardrails.analysis.promises.interactions import compare
from tests.pact_examples import NODES, Node, answers, changed, interaction, pact_says

BATCH = 60


@st.composite
def changes(draw: DrawFn) -> tuple[Node, Node, Any]:
    """An expectation, a changed one that was found to promise as much, and an answer that keeps the changed one."""
    old = draw(NODES)
    new = draw(changed(old))
    return old, new, draw(answers(new))


def steps(old: Node, new: Node) -> list[str]:
    before, after = (Interaction("player", "it", (), interaction(node)) for node in (old, new))
    return [step.what for step in compare(before, after)]


def message(node: Node) -> Interaction:
    """The same expectation of a message."""
    response = interaction(node)["response"]
    said = {"description": "it", "contents": response["body"], "matchingRules": response.get("matchingRules", {})}
    return Interaction("player", "it", (), said)


@settings(max_examples=60)
@given(NODES.flatmap(lambda old: st.tuples(st.just(old), changed(old))))
def test_a_message_is_compared_as_an_answer_is(pair: tuple[Node, Node]) -> None:
    """So what is proved of answers, with pact's own verifier, holds of messages too."""
    assert [step.what for step in compare(*map(message, pair))] == steps(*pair)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(changes(), min_size=BATCH, max_size=BATCH))
def test_what_keeps_a_compatible_version_keeps_the_old_one(drawn: list[tuple[Node, Node, Any]]) -> None:
    compatible = [one for one in drawn if not steps(one[0], one[1])]
    assert compatible
    with tempfile.TemporaryDirectory() as directory:
        new = pact_says([(new, answer) for _, new, answer in compatible], Path(directory))
        old = pact_says([(old, answer) for old, _, answer in compatible], Path(directory))
    for (was, now, answer), kept, broken in zip(compatible, new, old, strict=True):
        assert not kept, f"the answer {answer!r} was drawn to keep {now}, and does not: {kept}"
        assert not broken, f"{was} became {now}, which was called compatible; {answer!r} breaks the old one: {broken}"
