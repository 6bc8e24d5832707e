"""The arguments of `guardrails init`."""

import argparse
from pathlib import Path

from guardrails.cli.agents.files import AGENTS
from guardrails.cli.options import InitOptions

LONG = """\
Look at a repository, write a commented guardrails.toml and the workflow of its forge, record today's debts, and give a
first verdict. Nothing that exists is changed: a file that is there is left alone, and what to do by hand is said.
"""
EXAMPLES = """\
examples:
  guardrails init --dry-run          say what is there, and print what would be written
  guardrails init                    write it, record today's debts, give a first verdict
  guardrails init --forge gitlab     for GitLab, where nothing in the repository says so
  guardrails init --agent claude-code  set up a coding agent's hooks too
  guardrails init --update-debts     lower the record of debts to what is left

"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; print what would be written")
    parser.add_argument(
        "--forge", choices=("github", "gitlab", "none"), default="", help="whose workflow (default: what is there)"
    )
    parser.add_argument(
        "--agent",
        metavar="NAME",
        action="append",
        default=[],
        help=f"set up a coding agent too, of {', '.join(AGENTS)}; can be repeated",
    )
    parser.add_argument(
        "--no-tests", dest="tests", action="store_false", help="do not run the tests to count those that fail today"
    )
    parser.add_argument(
        "--update-debts",
        action="store_true",
        help="lower .guardrails/debts.toml to what is left; status 1 where something stands that is not in it",
    )
    parser.add_argument("--profile", choices=("fast", "pr"), default="pr", help="of the first verdict (default: pr)")


def init_options(arguments: argparse.Namespace) -> InitOptions:
    """What the arguments ask for."""
    return InitOptions(
        repository=arguments.repo,
        dry_run=arguments.dry_run,
        forge=arguments.forge,
        agents=tuple(dict.fromkeys(arguments.agent)),
        tests=arguments.tests,
        update_debts=arguments.update_debts,
        profile=arguments.profile,
    )
