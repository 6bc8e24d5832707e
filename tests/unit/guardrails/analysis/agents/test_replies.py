"""How each agent is told no."""

import json

import pytest

from guardrails.analysis.agents.events import Moment
from guardrails.analysis.agents.replies import SPEAKERS, reply


@pytest.mark.parametrize(
    ("agent", "moment", "keys"),
    [
        ("cursor", Moment.STOP, {"followup_message"}),
        ("cursor", Moment.PRE_TOOL, {"permission", "user_message", "agent_message"}),
        ("copilot", Moment.STOP, {"decision", "reason"}),
        ("copilot", Moment.PRE_TOOL, {"permissionDecision", "permissionDecisionReason"}),
    ],
)
def test_who_takes_only_json_gets_json(agent: str, moment: Moment, keys: set[str]) -> None:
    said = json.loads(reply(agent, moment, "fix\nit"))
    assert set(said) == keys
    assert "fix\nit" in said.values()


@pytest.mark.parametrize("agent", [one for one in SPEAKERS if one not in {"cursor", "copilot"}])
def test_the_others_are_told_by_the_status(agent: str) -> None:
    assert reply(agent, Moment.STOP, "no") == reply(agent, Moment.PRE_TOOL, "no") == ""
