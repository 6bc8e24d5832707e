"""The set-up of coding agents: into what is there, taking nothing out; and their page, kept current."""

import json

import pytest

from guardrails.cli.agents.files import AGENTS, files_for, merged
from guardrails.cli.agents.instructions import BEGIN, END, middle, page
from guardrails.config import Policy


@pytest.mark.parametrize("agent", AGENTS)
def test_every_file_is_json_and_names_the_hook(agent: str) -> None:
    files = files_for(agent)
    assert files
    assert any("guardrails hook" in text for text in files.values())
    for path, text in files.items():
        assert json.loads(text)
        assert merged(None, text, path) == text
        assert merged(text, text, path) == text


def test_what_is_there_stays() -> None:
    path, wanted = next(iter(files_for("claude-code").items()))
    theirs = {"model": "x", "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "theirs"}]}]}, "other": [1]}
    both = json.loads(merged(json.dumps(theirs), wanted, path))
    assert both["model"] == "x"
    assert both["other"] == [1]
    assert [one["hooks"][0]["command"] for one in both["hooks"]["Stop"]] == ["theirs", "guardrails hook"]
    again = merged(json.dumps(both, indent=2) + "\n", wanted, path)
    assert json.loads(again) == both


@pytest.mark.parametrize("existing", ["{", "[]", '{"hooks": 1}', '{"hooks": {"Stop": {}}}'])
def test_what_ours_cannot_go_into_is_said(existing: str) -> None:
    path, wanted = next(iter(files_for("claude-code").items()))
    with pytest.raises(ValueError, match=r"\.claude/settings\.json.*Add by hand"):
        merged(existing, wanted, path)


MADE = middle(Policy(), {"shop": ["web", "domain"]}, [("lint", "new violations")])


def test_the_page_is_made_around_what_is_there() -> None:
    assert page(None, MADE, "AGENTS.md") == f"# For coding agents\n\n{MADE}\n"
    theirs = "# Ours\n\nBe kind.\n"
    whole = page(theirs, MADE, "AGENTS.md")
    assert whole.startswith(theirs)
    assert page(whole, MADE, "AGENTS.md") == whole
    moved = whole + "\nMore of ours.\n"
    assert page(moved, MADE.replace("web", "wire"), "AGENTS.md") == moved.replace("web", "wire")
    assert "`shop`: web > domain" in whole


@pytest.mark.parametrize("existing", [BEGIN, END, f"{BEGIN}\n{BEGIN}\n{END}"])
def test_half_a_marker_is_said(existing: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        page(existing, MADE, "AGENTS.md")


def test_gemini_counts_in_milliseconds() -> None:
    hooks = json.loads(files_for("gemini")[".gemini/settings.json"])["hooks"]
    assert min(hook["timeout"] for entries in hooks.values() for one in entries for hook in one["hooks"]) >= 10_000


@pytest.mark.parametrize("agent", ["copilot", "cursor"])
def test_hooks_name_an_agent_that_takes_only_json(agent: str) -> None:
    text = "".join(files_for(agent).values())
    assert text.count("guardrails hook") == text.count(f"guardrails hook --agent {agent} ") > 0
