"""From arguments to an exit status. Whatever goes wrong, it is not 0, and it is said in words."""

import argparse
import traceback
from collections.abc import Sequence

from guardrails.cli import parser
from guardrails.cli.agents import parser as agents_parser
from guardrails.cli.contracts_parser import contracts_options
from guardrails.cli.init_parser import init_options
from guardrails.cli.output import complain
from guardrails.cli.queue import parser as queue_parser
from guardrails.cli.stopping import interruptible
from guardrails.errors import GuardrailsError

COULD_NOT_JUDGE = 2


def main(arguments: Sequence[str]) -> int:
    """Run one command."""
    if arguments[:1] == ["hook"]:
        return agents_parser.hold_nobody(parser.build(), arguments)
    options = parser.build().parse_args(arguments)
    try:
        with interruptible():
            return _dispatch(options, arguments)
    except KeyboardInterrupt:
        complain("stopped. Nothing was judged, and nothing is left running.")
    except GuardrailsError as error:
        complain(f"error: {error}")
    except Exception as error:  # noqa: BLE001 - the exit status 1 of an uncaught exception would mean block
        traceback.print_exception(error)
        complain("error: this is a fault of guardrails itself. Report it with the lines above.")
    return COULD_NOT_JUDGE


def _init(options: argparse.Namespace) -> int:
    import os

    from guardrails.cli.init import run_init

    return run_init(init_options(options), os.environ)


def _check(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    import os

    from guardrails.cli.loading.parser import target_options

    if options.command == "load" and (target := target_options(options)) is not None:
        from guardrails.cli.loading.target import run_target

        return run_target(target, os.environ)
    from guardrails.cli.check import run_check

    wanted = parser.check_options(options) if options.command == "check" else parser.load_options(options)
    return run_check(wanted, parser.report_options(options), arguments)


def _contracts(options: argparse.Namespace) -> int:
    import os

    from guardrails.cli.contracts import run_contracts

    return run_contracts(contracts_options(options), os.environ)


def _dispatch(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Import what the command needs, and no more."""
    match options.command:
        case "check" | "load":
            return _check(options, arguments)
        case "init":
            return _init(options)
        case "probe":
            from guardrails.cli.probe import run_probes

            return run_probes(options.gates, jobs=options.jobs, seed=options.seed)
        case "report":
            from guardrails.cli.report import run_report

            return run_report(
                options.source, parser.report_options(options), head=options.head, repository=options.repo
            )
        case "approve":
            from guardrails.cli.approvals import ApproveOptions, approve

            return approve(
                ApproveOptions(
                    options.finding,
                    options.reason,
                    options.key,
                    options.by,
                    options.source,
                    options.days,
                    options.approvals,
                    options.repo,
                )
            )
        case "sign-evidence":
            from guardrails.cli.evidence import sign_evidence

            return sign_evidence(options.source, options.key)
        case "verify-evidence":
            from guardrails.cli.evidence import EvidenceOptions, verify_evidence

            return verify_evidence(
                EvidenceOptions(options.source, options.key, options.head, options.base, options.repo, options.profile)
            )
        case "contracts":
            return _contracts(options)
        case "hook" | "mcp" | "give-up" | "agents":
            return agents_parser.run(options)
        case "queue":
            return queue_parser.run(options)
        case "explain":
            from guardrails.cli.listing import explain

            return explain(options.rule)
        case _:
            from guardrails.cli.listing import list_gates

            return list_gates()
