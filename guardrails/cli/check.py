"""`guardrails check` and `guardrails load`: from a change to a verdict, its reports and its exit status."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import guardrails
from guardrails.adapters.terminal import progress
from guardrails.cli.engine import Engine
from guardrails.cli.loading.journal import Journal
from guardrails.cli.options import CheckOptions, ReportOptions
from guardrails.cli.origin import take_over
from guardrails.cli.output import clear, complain, publish
from guardrails.cli.site import BaseJudges
from guardrails.errors import GuardrailsError
from guardrails.gates.registry import GATES
from guardrails.model.verdict import not_judged


def run_check(options: CheckOptions, report: ReportOptions, arguments: Sequence[str]) -> int:
    """Judge, report, and give the exit status. `arguments` are those to start the base's gate with."""
    if report.output is not None:
        clear(report.output)
    options = replace(options, page=report.shows_page)
    journal = Journal(report.output)
    engine = Engine(GATES, os.environ, lambda names: progress(sys.stderr, names), tell=journal.tell)
    try:
        verdict = engine.check(options)
    except KeyboardInterrupt:
        journal.close()
        raise
    except BaseJudges as base:
        complain(f"the base's own gate judges (tree {base.origin.tree[:12]})")
        take_over(base.origin, arguments, os.environ)
        raise
    except GuardrailsError as error:
        complain(f"error: {error}")
        message = f"{str(error).rstrip('.')}. Who must act: {error.who_acts}."
        verdict = not_judged(message, profile=options.profile, version=guardrails.__version__)
        if report.format == "text" and report.output is None:
            return verdict.exit_code
    publish(verdict, report, os.environ)
    return report.exit_status(verdict)
