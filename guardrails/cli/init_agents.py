"""What `guardrails init --agent NAME` writes for coding agents."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from guardrails.cli.agents.files import AGENTS, files_for, merged
from guardrails.cli.init_files import Planned, planned
from guardrails.errors import UsageError


def agent_files(root: Path, names: Sequence[str]) -> list[Planned]:
    """The set-up of the agents. A file that is there is left alone; what it would have to hold is said.

    Raises:
        UsageError: an agent is not known.
    """
    files: dict[str, Planned] = {}
    for name in names:
        if name not in AGENTS:
            near = difflib.get_close_matches(name, AGENTS, n=1, cutoff=0.4)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            raise UsageError(f"--agent: '{name}' is not known. {hint}Known are {', '.join(AGENTS)}.")
        for path, text in files_for(name).items():
            files.setdefault(path, _planned(root, path, text))
    return list(files.values())


def _planned(root: Path, path: str, text: str) -> Planned:
    """One file: new, or left alone with what it would be with ours put into it."""
    file = planned(root, path, text)
    if not file.kept:
        return file
    try:
        there = (root / path).read_text(encoding="utf-8")
        wanted = merged(there, text, path)
    except UnicodeDecodeError:
        return Planned(path, text, file.kept, f"it is not UTF-8; add by hand:\n{text}")
    except (OSError, ValueError) as error:
        return Planned(path, text, file.kept, str(error))
    if wanted == there:
        return Planned(path, text, "it holds what the agent needs")
    return Planned(path, text, file.kept, f"to set the agent up, make it:\n{wanted}")
