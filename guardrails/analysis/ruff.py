"""Ruff's configuration files of a tree, and its answers."""

import json
import re
import tomllib
from collections.abc import Mapping

from guardrails.analysis.source import Sources
from guardrails.analysis.violations import Violation, relative
from guardrails.errors import JudgementError

# In the order in which ruff itself prefers them within one directory.
_NAMES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_REQUIRED_VERSION = re.compile(r"^[ \t]*(?:lint\.)?required-version[ \t]*=.*$", re.MULTILINE)

SYNTAX = "invalid-syntax"
MINIMAL = ("--isolated", "--select", "E9,F63,F7,F82", "--target-version", "py314")
"""Where nothing is configured: what is wrong in any program, under the newest grammar."""


def configurations(sources: Sources) -> Mapping[str, str]:
    """Directory ("" for the root) to the path of the configuration that ruff takes there."""
    found: dict[str, tuple[int, str]] = {}
    for path in sources.paths:
        directory, _, name = path.rpartition("/")
        if name not in _NAMES or (name == "pyproject.toml" and not _configures_ruff(sources.text(path) or "")):
            continue
        rank = (_NAMES.index(name), path)
        found[directory] = min(rank, found.get(directory, rank))
    return {directory: path for directory, (_, path) in sorted(found.items())}


def texts(sources: Sources) -> Mapping[str, str]:
    """Every file that can be part of the configuration (one file extends another), without a pinned version of ruff.

    The judge has one version of ruff for all repositories; a repository that pins another would stop it.
    """
    names = (*_NAMES[:2], "pyproject.toml")
    chosen = (path for path in sources.paths if path.rpartition("/")[2] in names)
    return {path: _REQUIRED_VERSION.sub("", sources.text(path) or "") for path in sorted(chosen)}


def relevant(sources: Sources) -> Mapping[str, object]:
    """What of the configuration ruff acts on, for comparing two trees: file to its parsed ruff part."""
    parts: dict[str, object] = {}
    for path in configurations(sources).values():
        text = sources.text(path) or ""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            parts[path] = text
            continue
        python = data.get("project", {}).get("requires-python")
        parts[path] = (data["tool"]["ruff"], python) if path.endswith("pyproject.toml") else data
    return parts


def _configures_ruff(text: str) -> bool:
    """Whether a pyproject.toml has a table for ruff. One that cannot be parsed has, so that ruff names the fault."""
    if "ruff" not in text:
        return False
    try:
        return "ruff" in tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        return True


def uses_another_formatter(sources: Sources) -> bool:
    """Whether the tree is formatted by something other than ruff."""
    text = sources.text("pyproject.toml") or ""
    hooks = sources.text(".pre-commit-config.yaml") or ""
    return any(f"[tool.{name}" in text for name in ("black", "yapf", "blue")) or bool(
        re.search(r"id:\s*(black|yapf|blue|autopep8)\b", hooks)
    )


def violations(stdout: str, root: str, paths: frozenset[str]) -> tuple[Violation, ...]:
    """Ruff's JSON answer.

    Raises:
        JudgementError: it is not the JSON that ruff writes.
    """
    try:
        return tuple(
            Violation(
                code=entry["code"] or SYNTAX,  # null for a syntax error in older versions
                path=relative(entry["filename"], root, paths),
                line=entry["location"]["row"],
                message=entry["message"],
                column=entry["location"]["column"],
            )
            for entry in json.loads(stdout)
        )
    except (ValueError, KeyError, TypeError) as error:
        start = stdout[:200]
        raise JudgementError(f"ruff's answer is not the JSON it should be ({error}): {start!r}") from error


def unformatted(stdout: str, directory: str, root: str, paths: frozenset[str]) -> frozenset[str]:
    """The files that the concise answer of `ruff format --check`, run in `directory`, says it would change."""
    names = re.findall(r"^(.+?)(?::\d+)*: unformatted: ", stdout, re.MULTILINE)
    names += re.findall(r"^Would reformat: (.+)$", stdout, re.MULTILINE)  # older versions
    start = f"{directory}/" if directory else ""
    return frozenset(start + name if start + name in paths else relative(name, root, paths) for name in names)
