"""`guardrails report`: a verdict that was written, told again in another format."""

import os
from pathlib import Path

from guardrails.cli.options import ReportOptions
from guardrails.cli.output import publish
from guardrails.errors import UsageError


def run_report(source: Path, options: ReportOptions) -> int:
    """Print the verdict of a file, and give its exit status.

    Raises:
        UsageError: there is no such file, or it is not a verdict.
    """
    from guardrails.report.read import read

    try:
        content = source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}. Name a file with --from.") from error
    verdict = read(content, str(source))
    publish(verdict, options, os.environ)
    return verdict.exit_code
