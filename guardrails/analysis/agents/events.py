"""Events of coding agents, whoever made the agent: read leniently, since each writes them in its own way.

Sources: the hooks of Claude Code (PreToolUse, Stop, SubagentStop), Gemini CLI (BeforeTool, AfterAgent), Cursor
(beforeShellExecution, stop), GitHub Copilot (preToolUse, agentStop) and Codex (PreToolUse, Stop).
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_PRE = frozenset({"pretooluse", "beforetool", "beforeshellexecution", "beforemcpexecution", "pre-tool", "pretool"})
_STOP = frozenset({"stop", "subagentstop", "afteragent", "agentstop", "sessionend", "taskcompleted"})
_NAMES = ("hook_event_name", "hookEventName", "event", "eventName", "event_name", "hookName")
_TOOLS = ("tool_name", "toolName", "tool")
_INPUTS = ("tool_input", "toolInput", "toolArgs", "tool_args", "arguments", "input")
_PATHS = ("file_path", "filePath", "path", "notebook_path", "target_file", "absolute_path", "absolutePath", "filename")
_COMMANDS = ("command", "cmd", "script")
_PATCHES = ("command", "patch", "input")
_PATCHED = re.compile(r"(?m)^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$")
_BROKEN_OFF = frozenset({"aborted", "error"})  # Cursor's: a person stopped it, or it failed; there is nothing to hold
_READING = frozenset(
    {"read", "grep", "glob", "ls", "view", "search", "read_file", "list_directory", "search_file_content"}
)


class Moment(StrEnum):
    """When an agent asks."""

    PRE_TOOL = "pre-tool"
    STOP = "stop"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `paths` are those of files that a tool is about to write, `command` what a shell is about to run."""

    moment: Moment
    tool: str = ""
    command: str = ""
    paths: tuple[str, ...] = ()
    directory: str = ""


def parse(text: str, moment: str = "") -> Event:
    """Read an event. `moment` is set where the agent's event does not say what it is.

    Raises:
        ValueError: it is no JSON object.
    """
    told = json.loads(text) if text.strip() else {}
    if not isinstance(told, Mapping):
        raise ValueError(f"an event is a JSON object, and this is a {type(told).__name__}")  # noqa: TRY004 - of the input
    given = _given(told)
    tool = _first(told, _TOOLS)
    patch = "\n".join(text for text in (_first(given, _PATCHES), _raw(told)) if "*** Begin Patch" in text)
    command = "" if tool.lower() == "apply_patch" else _command(given) or _command(told)
    edits = given.get("edits")
    inner = [edit for edit in edits if isinstance(edit, Mapping)] if isinstance(edits, list) else []
    paths = [path for one in (given, *inner) if (path := _first(one, _PATHS))]
    paths += _PATCHED.findall(patch)
    files = given.get("files")
    paths += [path for path in files if isinstance(path, str)] if isinstance(files, list) else []
    reads = tool.lower() in _READING
    roots = told.get("workspace_roots")
    root = roots[0] if isinstance(roots, list) and roots and isinstance(roots[0], str) else ""
    over = told.get("status") in _BROKEN_OFF if isinstance(told.get("status"), str) else False
    said = _moment(moment or _first(told, _NAMES))
    return Event(
        moment=Moment.OTHER if over and said is Moment.STOP else said,
        tool=tool,
        command=command,
        paths=() if reads else tuple(dict.fromkeys(paths)),
        directory=_first(told, ("cwd", "workspace", "workingDirectory")) or root,
    )


def _command(given: Mapping[str, Any]) -> str:
    """A shell's line; some agents give its words."""
    words = next((value for name in _COMMANDS if isinstance(value := given.get(name), list) and value), [])
    return shlex.join(map(str, words)) if words else _first(given, _COMMANDS)


def _raw(told: Mapping[str, Any]) -> str:
    """Arguments that are a text and no JSON, as those of a patch are."""
    return _first(told, _INPUTS)


def _given(told: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in _INPUTS:
        value = told.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, Mapping):
            return value
    return {}


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := told.get(name), str) and value), "")


def _moment(name: str) -> Moment:
    plain = name.lower()
    return Moment.PRE_TOOL if plain in _PRE else Moment.STOP if plain in _STOP else Moment.OTHER
