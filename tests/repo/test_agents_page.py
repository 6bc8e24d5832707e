"""AGENTS.md says what the policy, the layers and the gates say."""

from pathlib import Path

from guardrails.cli.agents.page import CURRENT, run_page

ROOT = Path(__file__).parents[2]


def test_the_page_for_agents_is_current() -> None:
    assert run_page(ROOT, write=False, check=True) == CURRENT, "run: guardrails agents --write"
