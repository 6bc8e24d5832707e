"""The set-up of common coding agents: which files each reads, and how ours goes into what is there already."""

import json
from collections.abc import Mapping
from typing import Any

AGENTS = ("claude-code", "codex", "copilot", "cursor", "gemini")
_MCP = {"command": "guardrails", "args": ["mcp"]}


def files_for(agent: str) -> Mapping[str, str]:
    """Path to content for one agent of `AGENTS`; raises `KeyError` for another name."""
    return {path: json.dumps(document, indent=2) + "\n" for path, document in _DOCUMENTS[agent].items()}


def merged(existing: str | None, wanted: str, path: str) -> str:
    """What `path` is to hold: `wanted`, put into what is there. Lists grow, tables are joined, nothing is taken out.

    Raises:
        ValueError: what is there is no JSON, or has another shape where ours belongs.
    """
    if existing is None or not existing.strip():
        return wanted
    try:
        old = json.loads(existing)
    except ValueError as error:
        raise ValueError(f"{path} is there and is no JSON ({error}). Add by hand: {wanted}") from error
    both = _joined(old, json.loads(wanted), path)
    return existing if both == old else json.dumps(both, indent=2, ensure_ascii=False) + "\n"


def _joined(old: Any, new: Any, place: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {
            key: _joined(old[key], value, f"{place}: {key}") if key in old else value for key, value in new.items()
        }
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(one for one in new if one not in old)]
    if old == new or not isinstance(new, dict | list):
        return old  # theirs stays
    raise ValueError(f"{place} is there and has another shape. Add by hand: {json.dumps(new)}")


def _claude(event: str, command: str, matcher: str = "", *, timeout: int = 120) -> dict[str, Any]:
    """In the format of Claude Code, which others took over. `timeout` is in the agent's own unit."""
    entry: dict[str, Any] = {"hooks": [{"type": "command", "command": command, "timeout": timeout}]}
    return {event: [{"matcher": matcher, **entry} if matcher else entry]}


_DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "claude-code": {
        ".claude/settings.json": {
            "hooks": {
                **_claude("PreToolUse", "guardrails hook --ask", "Bash|Edit|Write|MultiEdit|NotebookEdit"),
                **_claude("Stop", "guardrails hook"),
            }
        },
        ".mcp.json": {"mcpServers": {"guardrails": _MCP}},
    },
    "codex": {
        ".codex/hooks.json": {
            "hooks": {
                **_claude("PreToolUse", "guardrails hook", "Bash|apply_patch"),
                **_claude("Stop", "guardrails hook"),
            }
        },
    },
    "copilot": {
        ".github/hooks/guardrails.json": {
            "version": 1,
            "hooks": {
                "preToolUse": [
                    {"type": "command", "bash": "guardrails hook --agent copilot --event pre-tool", "timeoutSec": 30}
                ],
                "agentStop": [
                    {"type": "command", "bash": "guardrails hook --agent copilot --event stop", "timeoutSec": 120}
                ],
            },
        },
        ".vscode/mcp.json": {"servers": {"guardrails": {"type": "stdio", **_MCP}}},
    },
    "cursor": {
        ".cursor/hooks.json": {
            "version": 1,
            "hooks": {
                "beforeShellExecution": [{"command": "guardrails hook --agent cursor --event pre-tool"}],
                "preToolUse": [
                    {"command": "guardrails hook --agent cursor --event pre-tool", "matcher": "Write|Delete"}
                ],
                "stop": [{"command": "guardrails hook --agent cursor --event stop", "timeout": 120}],
            },
        },
        ".cursor/mcp.json": {"mcpServers": {"guardrails": _MCP}},
    },
    "gemini": {
        ".gemini/settings.json": {
            "hooks": {
                **_claude("BeforeTool", "guardrails hook", "write_file|replace|run_shell_command", timeout=30_000),
                **_claude("AfterAgent", "guardrails hook", timeout=120_000),  # Gemini counts in milliseconds
            },
            "mcpServers": {"guardrails": _MCP},
        },
    },
}
