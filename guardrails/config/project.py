"""What the repository is, and who decides."""

from typing import Annotated, Literal

import msgspec

from guardrails.config.section import Section

RUNNERS = (
    "**/conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "guardrails.toml",
)
"""Judges whatever the policy lists: a new one of these in a change would decide how the base's tests run."""


class Project(Section, frozen=True):
    """Which files are the product and which are its judges. Patterns are those of `guardrails.model.paths.matches`."""

    packages: tuple[str, ...] = ()
    """Import names of the product's top packages. Empty: every top-level package of the tree but the judges."""
    judges: tuple[str, ...] = (
        "tests/**",
        "test/**",
        "**/test_*.py",
        "**/*_test.py",
        "**/conftest.py",
        "contracts/**",
        "loadtests/**",
        ".importlinter",
        "guardrails.toml",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "pytest.ini",
        "mypy.ini",
        ".mypy.ini",
        "ruff.toml",
        ".ruff.toml",
        ".coveragerc",
    )
    """What judges the product: in the trial tree these come from the base. What says how pytest runs always does."""

    def __post_init__(self) -> None:
        """Add `RUNNERS`, which no policy can leave out."""
        missing = (pattern for pattern in RUNNERS if pattern not in self.judges)
        msgspec.structs.force_setattr(self, "judges", (*self.judges, *missing))


class Environment(Section, frozen=True):
    """The interpreter that runs the project's own code."""

    python: str = ""
    """A path, absolute or relative to the repository. Empty: `.venv/bin/python` there, else the gate's own."""
    path: tuple[str, ...] = (".",)
    """Directories of a tree that go on PYTHONPATH, in order."""


class Scope(Section, frozen=True):
    """Limits on the size and the kind of a change."""

    max_files: int = 60
    max_lines: int = 1500
    """Changed lines past which a person must look; generated files do not count."""
    protected: tuple[str, ...] = (
        "guardrails.toml",
        ".importlinter",
        "pyproject.toml",
        "requirements*.lock",
        "requirements*.txt",
        "Makefile",
        ".ci/**",
        ".github/**",
        ".gitlab-ci.yml",
        "CODEOWNERS",
        "**/CODEOWNERS",
        "**/allowed_signers",
        "**/conftest.py",
        "**/sitecustomize.py",
        "**/usercustomize.py",
        "**/*.pth",
    )
    """Paths that a person must approve, whatever the change to them is."""
    generated: tuple[str, ...] = ("*.lock", "**/*.lock", "**/*.min.js", "contracts/pacts/**")
    binary: tuple[str, ...] = ("**/*.png", "**/*.jpg", "**/*.gif", "**/*.ico", "**/*.woff2")
    """Binary files that may come in without a person."""
    areas: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Patterns by the name of an area that a change may declare. A name that is not here: the directories and modules
    that are called so."""
    intent: str = ".guardrails/intent.toml"
    """Where a change may declare `intent` and `area` in place of trailers. Empty: trailers alone count."""


class Approvals(Section, frozen=True):
    """Who may let a finding stand that asks for a person. Empty: nobody can by a signature."""

    allowed_signers: str = ""
    """A file of the tree in the format of `ssh-keygen` (ALLOWED SIGNERS), read at the base. Protect it."""
    agents: tuple[str, ...] = ()
    """Principals of that file that are not people: what they sign is no approval."""
    expires_days: int = 14
    """The longest that an approval holds."""


class Agents(Section, frozen=True):
    """Coding agents at work in this repository."""

    rounds: Annotated[int, msgspec.Meta(ge=1)] = 3
    """How often an agent is told to fix the same finding, before it is told to ask a person."""
    instructions: str = "AGENTS.md"
    """The page for agents; `guardrails agents --write` keeps its middle part current."""


class Isolation(Section, frozen=True):
    """What code of the change is kept from while a gate runs it: the network, the disk, other programs."""

    mode: Literal["required", "best-effort"] = "best-effort"
    """`required`: where isolation does not hold, the gate is an error. `best-effort`: the verdict says what held."""
    memory_mb: Annotated[int, msgspec.Meta(ge=1)] = 4096
    """Memory of one run, all of its processes together."""
    processes: Annotated[int, msgspec.Meta(ge=1)] = 512
    """Processes and threads of one run."""
    file_mb: Annotated[int, msgspec.Meta(ge=1)] = 2048
    """The largest file of a run, and what it may write altogether."""
    read: tuple[str, ...] = ()
    """Paths in homes, temporary directories or the checkout that it may read: data, packages installed from there.
    Relative ones are relative to the checkout."""
