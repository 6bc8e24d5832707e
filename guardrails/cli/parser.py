"""The arguments of every command, each with help that a new user can follow."""

import argparse
from functools import partial
from pathlib import Path

import guardrails
from guardrails.adapters.changes import Wanted
from guardrails.cli import contracts_parser, init_parser
from guardrails.cli.agents import parser as agents_parser
from guardrails.cli.loading import parser as load_parser
from guardrails.cli.options import FORMATS, CheckOptions, ReportOptions
from guardrails.cli.queue import parser as queue_parser
from guardrails.gates.base import Profile

_EPILOG = """\
exit status:
  0  pass: nothing that was checked stands against the change
  1  block: something must be fixed
  2  error: the change could not be judged (wrong use, wrong configuration, a gate that crashed or checked too little)
  3  review: a person must decide
"""
_CHECK = """\
Judge a change: the difference between a base and a head. With no options the head is the current branch with the
uncommitted work, and the base is where it left the default branch. Your work tree, index, branches and stash are only
ever read.

The policy, the tests, the contracts and all else that judges is taken from the base; what is judged, from the head.
"""
_EXAMPLES = """\
examples:
  guardrails check                                  judge the current branch
  guardrails check --profile fast                   only what takes seconds, while you write
  guardrails check --base origin/main --head HEAD   judge the commits, without the uncommitted work
  guardrails check --only tests,contracts           some gates alone
  guardrails check --output out                     write verdict.json, report.html and the others into out

"""
_GATES = """\
List the gates in the order in which they run, the cheapest first, with the profiles that they run in, the number of
their rules, and what each of them catches. guardrails explain GATE goes on from there.
"""
_PROBE = """\
Prove that each gate can fail. For every planted violation a scratch repository is made; the violation must be found by
the same path that judges real changes, and its honest twin must pass. A gate without a planted violation fails too.
"""
_APPROVE = """\
Sign, with an SSH key, that a finding which asks for a person may stand. It holds for this finding in these very trees,
until it expires; when the change moves, it is void. Who may approve stands in the allowed-signers file that the policy
names, read at the base of the change. What blocks cannot be approved.

To set it up, commit a file with a line for each person, NAME ssh-ed25519 KEY (ssh-keygen(1), ALLOWED SIGNERS), and in
guardrails.toml, by a change that is merged before the one to approve:

  [approvals]
  allowed_signers = "that-file"
  agents = ["names in it that are programs"]
"""
_WHERE = "the directory of approvals (default: guardrails/approvals in git's own directory)"
_SIGN = """\
Put evidence.json, an in-toto statement, into a signed DSSE envelope on standard output. Sign where no code of the
change has run: the signature says that you believe the run that wrote the file.
"""
_VERIFY = """\
Check evidence without a network: that it is whole and says what its gates say, that it is signed by the key (with
--key), that the tree it is about is that of --head (and --base), and that no less than the profile was judged.
"""
_VERIFY_EPILOG = """\
exit status:
  0  pass: good evidence for this very tree
  1  block, 3  review: good evidence, of that verdict
  2  no evidence: unsigned or signed by another, changed, for another tree, or of an error
"""


def build() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="guardrails",
        allow_abbrev=False,
        description="A merge gate: a change goes in, one verdict comes out.",
        epilog="guardrails COMMAND --help tells more about one command.\n\n" + _EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"guardrails {guardrails.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    check = _command(commands, "check", "judge a change", _CHECK, _EXAMPLES + _EPILOG)
    _add_change(check)
    _add_choice(check)
    _add_report(check)
    _add_machine(check)
    _add_load(commands)
    _command(commands, "gates", "list the gates, cheapest first", _GATES)
    explain = _command(
        commands,
        "explain",
        "say what a rule means, why it is there and how to satisfy it",
        "Print all that is known of a rule. With the name of a gate, list the rules of that gate.",
    )
    explain.add_argument("rule", metavar="RULE", help="a rule such as tampering/test-deleted, or a gate")
    probe = _command(commands, "probe", "prove that each gate can fail", _PROBE)
    probe.add_argument("gates", metavar="GATE", nargs="*", help="the gates to prove (default: all)")
    _add_machine(probe)
    report = _command(
        commands,
        "report",
        "write a verdict again in another format",
        "Read a verdict.json that check --output wrote, and print it in another format.\n"
        "The exit status is the verdict's.",
        _EPILOG,
    )
    report.add_argument(
        "--from", dest="source", metavar="FILE", type=Path, default=Path("verdict.json"), help="default: verdict.json"
    )
    report.add_argument(
        "--head", metavar="COMMIT", help="refuse a verdict on any other commit (its full id, from whom you trust)"
    )
    report.add_argument("--repo", metavar="DIR", type=Path, help="where the page takes the lines of the change from")
    _add_report(report)
    contracts_parser.add(
        _command(commands, "contracts", "say what was verified with what, and what can be deployed", "")
    )
    init_parser.add(
        _command(commands, "init", "adopt the gate in a repository", init_parser.LONG, init_parser.EXAMPLES + _EPILOG)
    )
    _add_evidence(commands)
    _add_approve(commands)
    agents_parser.add(partial(_command, commands))
    queue_parser.add(partial(_command, commands))
    return parser


def check_options(arguments: argparse.Namespace) -> CheckOptions:
    """What the arguments of `check` ask for."""
    return CheckOptions(
        repository=arguments.repo,
        wanted=Wanted(arguments.base, arguments.head, arguments.newest),
        only=arguments.only,
        skip=arguments.skip,
        profile=arguments.profile,
        jobs=arguments.jobs,
        seed=arguments.seed,
        approvals=arguments.approvals,
    )


def load_options(arguments: argparse.Namespace) -> CheckOptions:
    """What the arguments of `load` ask for."""
    return CheckOptions(
        repository=arguments.repo,
        wanted=Wanted(arguments.base, arguments.head, arguments.newest),
        only=("load",),
        profile=arguments.profile,
        jobs=arguments.jobs,
        seed=arguments.seed,
        seconds=arguments.seconds,
    )


def report_options(arguments: argparse.Namespace) -> ReportOptions:
    """How the arguments want the verdict told."""
    return ReportOptions(arguments.format, arguments.output, arguments.review_ok)


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for what add_subparsers returns


def _command(
    commands: "Commands[argparse.ArgumentParser]", name: str, short: str, long: str, epilog: str = ""
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=short,
        description=long,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_evidence(commands: "Commands[argparse.ArgumentParser]") -> None:
    sign = _command(commands, "sign-evidence", "sign evidence.json", _SIGN)
    sign.add_argument("source", metavar="FILE", type=Path, help="evidence.json as check --output wrote it")
    sign.add_argument("--key", metavar="KEY", type=Path, required=True, help="an Ed25519 private key, PEM or OpenSSH")
    verify = _command(commands, "verify-evidence", "check evidence for a merge", _VERIFY, _VERIFY_EPILOG)
    verify.add_argument("source", metavar="FILE", type=Path, help="evidence.json, bare or signed")
    verify.add_argument("--key", metavar="PUB", type=Path, help="the Ed25519 public key that must have signed it")
    verify.add_argument("--head", metavar="REF", default="HEAD", help="what is to be merged (default: HEAD)")
    verify.add_argument("--base", metavar="REF", help="what it must have been judged against")
    verify.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    verify.add_argument(
        "--profile", choices=[p.value for p in Profile], default=Profile.PR.value, help="the least that was judged by"
    )


def _add_load(commands: "Commands[argparse.ArgumentParser]") -> None:
    load = _command(
        commands,
        "load",
        "judge a change by the load gate alone, or load a service that runs",
        load_parser.LONG,
        load_parser.EXAMPLES + _EPILOG,
    )
    load_parser.add(load)
    _add_change(load)
    _add_report(load)
    _add_machine(load)


def _add_change(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the change")
    group.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    group.add_argument(
        "--base", metavar="REF", help="judge against where the change left REF (default: the default branch)"
    )
    group.add_argument(
        "--head", metavar="REF", help="the commit to judge (default: what is checked out, uncommitted too)"
    )
    group.add_argument(
        "--newest",
        action="store_true",
        help="on the default branch judge the uncommitted work, or else the last commit against its parent",
    )


def _add_approve(commands: "Commands[argparse.ArgumentParser]") -> None:
    approve = _command(commands, "approve", "let a finding stand, signed", _APPROVE)
    approve.add_argument("finding", metavar="FINDING", help="its name as the report gives it, or how that begins")
    approve.add_argument("--reason", required=True, help="why it may stand; the verdict shows it")
    approve.add_argument("--key", metavar="KEY", type=Path, required=True, help="your SSH key (the .pub with an agent)")
    approve.add_argument(
        "--by", metavar="NAME", help="you, as the allowed signers name you (default: git's user.email)"
    )
    approve.add_argument("--days", metavar="N", type=_positive, default=7, help="how long it holds (default: 7)")
    approve.add_argument(
        "--from", dest="source", metavar="FILE", type=Path, default=Path("verdict.json"), help="default: verdict.json"
    )
    approve.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    approve.add_argument("--approvals", metavar="DIR", type=Path, help=_WHERE)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the gates")
    group.add_argument("--only", metavar="GATE,...", type=_names, default=(), help="run these gates alone")
    group.add_argument(
        "--skip", metavar="GATE,...", type=_names, default=(), help="leave these gates out; the report says so"
    )
    group.add_argument("--approvals", metavar="DIR", type=Path, help=_WHERE)
    group.add_argument(
        "--profile",
        choices=[profile.value for profile in Profile],
        default=Profile.PR.value,
        help="how much to do: fast while writing, pr before merging (the default), release before shipping",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the report")
    group.add_argument("--format", choices=FORMATS, default="text", help="of standard output (default: text)")
    group.add_argument(
        "--output", metavar="DIR", type=Path, help="also write the reports of every format into DIR, made if absent"
    )
    group.add_argument(
        "--review-ok",
        action="store_true",
        help="end with status 0 for review too: for a hook, where a person decides later, at the forge",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the machine")
    group.add_argument("--jobs", metavar="N", type=_positive, default=0, help="gates at once (default: the cores)")
    group.add_argument("--seed", metavar="N", type=_natural, help="of everything random (default: a fresh one)")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} has an empty name; separate the gates by single commas")
    return names


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _positive(text: str) -> int:
    number = _natural(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number
