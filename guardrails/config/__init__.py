"""`guardrails.toml`: what the judge must know of a repository, and how strict it is.

The file is read at the base, so a change cannot loosen its own judge. Decoding is strict: an unknown key, a wrong type
or an unknown schema version is a `ConfigurationError` that names the nearest known key. A repository without the file
gets the defaults below, which make the static gates work on any repository with Python in it.
"""

from guardrails.config.project import RUNNERS, Agents, Approvals, Environment, Isolation, Project, Scope
from guardrails.config.reading import Dependencies, Layers, Lint, Secrets, Tampering, Types
from guardrails.config.running import Apart, Behaviour, Contracts, Load, Mutants, Properties, Tests
from guardrails.config.section import Section
from guardrails.errors import ConfigurationError
from guardrails.model.strict import decode

__all__ = [
    "RUNNERS",
    "SCHEMA",
    "Agents",
    "Apart",
    "Approvals",
    "Behaviour",
    "Contracts",
    "Dependencies",
    "Environment",
    "Isolation",
    "Layers",
    "Lint",
    "Load",
    "Mutants",
    "Policy",
    "Project",
    "Properties",
    "Scope",
    "Secrets",
    "Tampering",
    "Tests",
    "Types",
    "parse",
]
SCHEMA = 1


class Policy(Section, frozen=True):
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
    behaviour: Behaviour = Behaviour()
    approvals: Approvals = Approvals()
    agents: Agents = Agents()


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
