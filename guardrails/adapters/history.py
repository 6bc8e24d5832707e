"""How often files changed lately, from git's own history: for the order in which a reviewer looks, nothing else."""

import os
import re
from collections import Counter

from guardrails.adapters.git import Git

MOST_COMMITS = 300
"""Commits that are looked at, the newest first; a shallow clone has fewer."""
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def changes_lately(git: Git, commit: str | None) -> Counter[str]:
    """In how many of the newest commits up to `commit` each path was touched; nothing where there is no such history.

    A path that was renamed counts under the name that it had.
    """
    if commit is None or not _ID.fullmatch(commit):
        return Counter()
    names = ("--no-merges", "--no-renames", "--name-only", "-z", "--format=")
    status, output, _ = git.attempt("log", f"--max-count={MOST_COMMITS}", *names, commit, "--")
    return Counter(os.fsdecode(path) for path in output.split(b"\0") if path) if status == 0 else Counter()
