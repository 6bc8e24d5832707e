"""Locked requirements that are held less fast: a hash or a pin that is gone, a place of packages that is new."""

import fnmatch
import re
from collections.abc import Iterator

from guardrails.analysis.settings.directions import Direction, SettingChange

_FILES = ("requirements*.txt", "requirements*.lock", "*/requirements*.txt", "*/requirements*.lock", "constraints*.txt")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_SOURCES = ("--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--trusted-host", "--no-index", "--pre")


def is_lock(path: str) -> bool:
    """Whether a file holds pinned requirements in pip's form."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in _FILES)


def lock_changes(path: str, before: str, after: str) -> Iterator[SettingChange]:
    """What is held less fast. A newer version with its hashes is none of this gate's business."""
    old, new = _requirements(before), _requirements(after)
    for name, text in new.items():
        former = old.get(name, "")
        if "--hash" in former and "--hash" not in text:
            yield SettingChange(path, name, Direction.LOOSER, f"{name} was held by its hash and no longer is")
        elif "==" in former and "==" not in text:
            yield SettingChange(path, name, Direction.LOOSER, f"{name} was pinned to a version and no longer is")
    known = {line.strip() for line in before.split("\n")}
    for line in (line.strip() for line in after.split("\n")):
        if line.startswith(_SOURCES) and line not in known:
            yield SettingChange(path, "", Direction.LOOSER, f"packages now come from elsewhere: `{line[:60]}`")


def _requirements(text: str) -> dict[str, str]:
    """Each requirement with its continued lines, by its name in one form."""
    found: dict[str, str] = {}
    for line in text.replace("\\\n", " ").split("\n"):
        name = _NAME.match(line.strip())
        if name:
            found[re.sub(r"[-_.]+", "-", name[0]).lower()] = line.partition(" #")[0]
    return found
