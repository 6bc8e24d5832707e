"""The arguments of `guardrails contracts`."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from guardrails.cli.options import ContractsOptions

_LONG = """\
What was verified with what, and whether a version can be deployed. The ledger is an SQLite file in the repository's
.git; with PACT_BROKER_BASE_URL set (and PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD) it is a
Pact Broker.
"""
_EPILOG = """\
examples:
  guardrails check --output out && guardrails contracts record --from out/verdict.json
  guardrails contracts deployed home-feed --version 1.4.2 --to production
  guardrails contracts can-deploy recsys --version "$(git rev-parse HEAD)" --to production
  guardrails contracts matrix --name recsys
  guardrails contracts fetch recsys --output contracts/pacts --branch main --pending --wip-since 2026-01-01

exit status:
  0  yes, or done     1  no     2  could not tell (wrong use, a ledger or broker that fails)
  3  a person must decide: nobody there is known to depend on it
"""
Add = Callable[[str, str, str, str], argparse.ArgumentParser]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of the command."""
    parser.description, parser.epilog = _LONG, _EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")

    def action(name: str, words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.", allow_abbrev=False)
        one.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
        return one

    record = action("record", "keep the verification results of a verdict")
    record.add_argument("--from", dest="source", metavar="FILE", type=Path, default=Path("verdict.json"))
    record.add_argument(
        "--consumer-version",
        dest="versions",
        metavar="NAME=VERSION",
        type=_named,
        action="append",
        default=[],
        help="a consumer's own version (default: the commit that its pact stands in)",
    )
    record.add_argument("--branch", metavar="NAME", default="", help="the provider's branch, for a Pact Broker")
    deployed = action("deployed", "keep that a version runs in an environment")
    _subject(deployed)
    can = action("can-deploy", "say whether a version was verified with all that it meets in an environment")
    _subject(can)
    matrix = action("matrix", "show who was verified with whom")
    matrix.add_argument("--name", metavar="NAME", default="", help="of this consumer or provider alone")
    fetch = action("fetch", "fetch from a Pact Broker what a provider should verify")
    fetch.add_argument("name", metavar="PROVIDER")
    fetch.add_argument("--output", metavar="DIR", type=Path, default=Path("pacts"), help="default: pacts")
    fetch.add_argument("--selector", dest="selectors", metavar="JSON", action="append", default=[])
    fetch.add_argument("--branch", metavar="NAME", default="", help="the provider's branch")
    fetch.add_argument("--pending", action="store_true", help="have the broker say what was never verified yet")
    fetch.add_argument("--wip-since", metavar="DATE", type=_date, help="work in progress since YYYY-MM-DD")


def contracts_options(arguments: argparse.Namespace) -> ContractsOptions:
    """What the arguments ask for."""
    given = vars(arguments)
    names = ("name", "version", "to", "source", "output", "branch", "pending", "wip_since")
    return ContractsOptions(
        action=arguments.action,
        repository=arguments.repo,
        versions=dict(given.get("versions", ())),
        selectors=tuple(given.get("selectors", ())),
        **{name: given[name] for name in names if given.get(name) is not None},
    )


def _subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", type=_plain, help="a consumer or provider, as the pacts call it")
    parser.add_argument("--version", metavar="VERSION", type=_plain, required=True, help="such as a commit")
    parser.add_argument("--to", metavar="ENV", type=_plain, required=True, help="an environment, such as production")


def _plain(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is empty or cannot be printed")
    return text


def _named(text: str) -> tuple[str, str]:
    name, equals, version = text.partition("=")
    if not (name and equals and version):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VERSION")
    return name, version


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-06-01")
    return text
