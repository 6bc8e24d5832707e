"""`guardrails.toml`: what the judge must know of a repository, and how strict it is.

The file is read at the base, so a change cannot loosen its own judge. Decoding is strict: an unknown key, a wrong type
or an unknown schema version is a `ConfigurationError` that names the nearest known key. A repository without the file
gets the defaults below, which make the static gates work on any repository with Python in it.
"""

from typing import Annotated, Literal

import msgspec

from guardrails.errors import ConfigurationError
from guardrails.model.strict import decode

SCHEMA = 1


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: immutable, strict."""


class Project(_Section, frozen=True):
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
    """What judges the product: in the trial tree these come from the base."""


class Environment(_Section, frozen=True):
    """The interpreter that runs the project's own code."""

    python: str = ""
    """A path, absolute or relative to the repository. Empty: `.venv/bin/python` there, else the gate's own."""
    path: tuple[str, ...] = (".",)
    """Directories of a tree that go on PYTHONPATH, in order."""


class Scope(_Section, frozen=True):
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


class Tampering(_Section, frozen=True):
    """Where tests stand, beside the judges."""

    tests: tuple[str, ...] = ("tests/**/*.py", "test/**/*.py", "**/test_*.py", "**/*_test.py", "**/conftest.py")


class Dependencies(_Section, frozen=True):
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


class Secrets(_Section, frozen=True):
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


class Lint(_Section, frozen=True):
    """Ruff over the head, with the base's configuration and with the head's own."""

    format: bool = True
    """Whether the formatting is checked too (only where the base itself is formatted)."""
    timeout_seconds: float = 60


class Types(_Section, frozen=True):
    """mypy over the head."""

    timeout_seconds: float = 240
    targets: tuple[str, ...] = ()
    """Arguments to mypy. Empty: what the configuration names, else the project's packages."""


class Layers(_Section, frozen=True):
    """import-linter over the head, with the base's contracts and with the head's own."""

    config: str = ".importlinter"
    timeout_seconds: float = 60


class Contracts(_Section, frozen=True):
    """Consumer-driven contracts: the pacts, the consumers' tests, and how to start the provider."""

    pacts: str = "contracts/pacts"
    consumers: str = "contracts/consumers"
    provider: str = ""
    """The provider's name in the pacts. Empty: the gate has no subject."""
    command: tuple[str, ...] = ()
    """Starts the provider with its state handlers. `{python}`, `{port}` and `{states_port}` are replaced."""
    ready_path: str = "/readyz"
    states_path: str = "/_states"
    """Where the provider takes `POST {"state": …, "params": {…}, "action": "setup" | "teardown"}`, on `{states_port}`
    if the command names it, else on `{port}`. 2xx: done; 404: no handler for the state; the state "" may be refused."""
    timeout_seconds: float = 120
    minimum_interactions: int = 1
    inputs: tuple[str, ...] = ()
    """What the outcome depends on. Unchanged between base and head: nothing to check. Empty: always checked."""


class Apart(_Section, frozen=True):
    """A part of the suite that reads only `inputs`: left out of a check in which none of them changed."""

    paths: tuple[str, ...]
    inputs: tuple[str, ...]


class Tests(_Section, frozen=True):
    """The project's tests. `paths` empty: the gate has no subject unless the tree has a `tests` directory."""

    paths: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    """Further paths, each with what it reads: the owner of the policy vouches for it."""
    timeout_seconds: float = 600
    collect_timeout_seconds: float = 120
    """For importing the tests, here and for properties and consumers: code that hangs at import is told sooner."""
    minimum: int = 1
    workers: int = 0
    """Processes to spread a suite's files over. 0: as many as there are cores for it; 1 for tests that share a port."""
    markers: str = ""
    """Which tests to run, as pytest's `-m` takes it (`not slow`). Empty: what the project's configuration selects."""
    plugins: tuple[str, ...] = ("*",)
    """The pytest plugins of the environment to load, here and for properties and consumers; `*` is all of them. To name
    the few that the tests need makes pytest start faster."""


class Mutants(_Section, frozen=True):
    """Whether tests notice faults in the lines that a change made. The tests are those of `[tests]`."""

    seconds: float = 30
    """How long mutants are tried. What was not reached by then is said."""
    watch_seconds: float = 60
    """How long tests are watched, to see which of them execute the changed lines."""
    minimum: int = 1
    """Mutants that must have been tried, where that many can be made of lines that tests execute."""


class Properties(_Section, frozen=True):
    """Hypothesis suites, run with fresh seeds over the head's code. `paths` empty: the gate has no subject."""

    paths: tuple[str, ...] = ()
    timeout_seconds: float = 600
    minimum_properties: int = 1
    minimum_examples: int = 50
    inputs: tuple[str, ...] = ()
    """What the outcome depends on. Unchanged between base and head: nothing to check. Empty: always checked."""


class Load(_Section, frozen=True):
    """The load scenario and how to start the service. `locustfile` empty: the gate has no subject."""

    locustfile: str = ""
    slo: str = "loadtests/slo.toml"
    prepare: tuple[str, ...] = ()
    """Makes what the service serves. `{python}` and `{artifact}` (a directory to create) are replaced."""
    command: tuple[str, ...] = ()
    """Starts the service. `{python}`, `{artifact}`, `{state}` (a private directory) and `{port}` are replaced."""
    inputs: tuple[str, ...] = ()
    """What the measured service is made of. Unchanged between base and head: nothing to measure."""
    ready_path: str = "/readyz"
    ready_timeout_seconds: float = 60
    prepare_timeout_seconds: float = 300


class Approvals(_Section, frozen=True):
    """Who may let a finding stand that asks for a person. Empty: nobody can by a signature."""

    allowed_signers: str = ""
    """A file of the tree in the format of `ssh-keygen` (ALLOWED SIGNERS), read at the base. Protect it."""
    agents: tuple[str, ...] = ()
    """Principals of that file that are not people: what they sign is no approval."""
    expires_days: int = 14
    """The longest that an approval holds."""


class Isolation(_Section, frozen=True):
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


class Policy(_Section, frozen=True):
    """All of `guardrails.toml`."""

    schema: int = SCHEMA
    default_branch: str = ""
    """Empty: what `origin/HEAD` names, else `main`, else `master`."""
    project: Project = Project()
    environment: Environment = Environment()
    isolation: Isolation = Isolation()
    scope: Scope = Scope()
    tampering: Tampering = Tampering()
    dependencies: Dependencies = Dependencies()
    secrets: Secrets = Secrets()
    lint: Lint = Lint()
    types: Types = Types()
    layers: Layers = Layers()
    contracts: Contracts = Contracts()
    tests: Tests = Tests()
    mutants: Mutants = Mutants()
    properties: Properties = Properties()
    load: Load = Load()
    approvals: Approvals = Approvals()


def parse(text: str, source: str) -> Policy:
    """The policy in `text`; `source` names it in errors.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type, or a schema version that is not known.
    """
    policy = decode(text, Policy, source)
    if policy.schema != SCHEMA:
        raise ConfigurationError(
            f"{source}: schema is {policy.schema}; this gate reads {SCHEMA}. Install the version that matches."
        )
    return policy
