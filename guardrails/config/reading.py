"""The gates that only read."""

from guardrails.config.section import Section


class Tampering(Section, frozen=True):
    """Where tests stand, beside the judges."""

    tests: tuple[str, ...] = ("tests/**/*.py", "test/**/*.py", "**/test_*.py", "**/*_test.py", "**/conftest.py")


class Dependencies(Section, frozen=True):
    """What the change declares and locks of other packages."""

    allow: tuple[str, ...] = ()
    """Names of distributions that may come in whatever they are called."""
    locks: tuple[str, ...] = (
        "**/requirements*.lock",
        "**/uv.lock",
        "**/poetry.lock",
        "**/pdm.lock",
        "**/Pipfile.lock",
        "**/pylock*.toml",
    )
    """Lock files. A requirements file with a `.in` beside it counts as one too."""
    ignore: tuple[str, ...] = (
        "**/canaries/**",
        "**/fixtures/**",
        "**/testdata/**",
        "**/test_data/**",
        "**/vendor/**",
        "**/_vendor/**",
        "**/node_modules/**",
        "**/site-packages/**",
    )
    """Files that declare nothing for this repository."""
    index: str = ""
    """Where names that a change brings in are looked up: the address of a simple API, before the name, or a directory
    of the repository, read at the base, of its answers in JSON (`NAME.json`). Empty: nothing is looked up."""
    index_seconds: float = 20
    """For all look-ups of a check. What was not answered by then is for a person."""


class Secrets(Section, frozen=True):
    """Credentials on lines that the change adds."""

    ignore: tuple[str, ...] = ()
    """Files that are not looked at."""
    tests: tuple[str, ...] = (
        "**/tests/**",
        "**/test/**",
        "**/testing/**",
        "**/test_*.py",
        "**/*_test.py",
        "**/conftest.py",
    )
    """Where made-up passwords and keys stand: those are left alone, and a provider's token is for a person."""


class Lint(Section, frozen=True):
    """Ruff over the head, with the base's configuration and with the head's own."""

    format: bool = True
    """Whether the formatting is checked too (only where the base itself is formatted)."""
    timeout_seconds: float = 60


class Types(Section, frozen=True):
    """mypy over the head."""

    timeout_seconds: float = 240
    targets: tuple[str, ...] = ()
    """Arguments to mypy. Empty: what the configuration names, else the project's packages."""


class Layers(Section, frozen=True):
    """import-linter over the head, with the base's contracts and with the head's own."""

    config: str = ".importlinter"
    timeout_seconds: float = 60
