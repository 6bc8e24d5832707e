"""AGENTS.md says what the policy, the layers and the gates say."""

from pathlib import Path

from guardrails.cli.agents.instructions import page
from guardrails.cli.agents.page import made
from guardrails.config import parse

ROOT = Path(__file__).parents[2]  # may be a bare tree, as where the gate runs this


def test_the_page_for_agents_is_current() -> None:
    policy = parse((ROOT / "guardrails.toml").read_text(encoding="utf-8"), "guardrails.toml")
    written = (ROOT / policy.agents.instructions).read_text(encoding="utf-8")
    assert page(written, made(ROOT, policy), policy.agents.instructions) == written, "run: guardrails agents --write"
