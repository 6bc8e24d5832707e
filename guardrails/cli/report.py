"""`guardrails report`: a verdict that was written, told again in another format."""

import os
from pathlib import Path

from guardrails.cli.options import ReportOptions
from guardrails.cli.output import publish
from guardrails.errors import UsageError
from guardrails.model.verdict import Verdict
from guardrails.report.printable import printable, shorten

MOST_BYTES = 50_000_000
"""A larger file is no verdict: it may come from whoever wrote the change."""


def run_report(source: Path, options: ReportOptions, *, head: str | None = None, repository: Path | None = None) -> int:
    """Print the verdict of a file, and give its exit status. `head` is the commit that it must be about;
    `repository` is where the lines of the change are, for the page.

    Raises:
        UsageError: there is no such file, it is not a verdict, or it is one on another commit.
    """
    verdict = verdict_of(source)
    if head is not None:
        require_head(verdict, head, source)
    if repository is not None and options.shows_page:
        from guardrails.cli.revisit import with_lines

        verdict = with_lines(verdict, repository, os.environ)
    publish(verdict, options, os.environ)
    return options.exit_status(verdict)


def verdict_of(source: Path) -> Verdict:
    """The verdict of a file, which is read as something that a stranger wrote.

    Raises:
        UsageError: there is no such file, or it is not a verdict.
    """
    from guardrails.report.read import read

    return read(content_of(source), str(source))


def content_of(source: Path) -> bytes:
    """The bytes of a file of bounded size.

    Raises:
        UsageError: it cannot be read, or is too large.
    """
    try:
        with source.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{source} cannot be read: {error.strerror}. Name a file that check --output wrote."
        ) from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{source} has more than {MOST_BYTES:,} bytes, and no verdict has. Run the check again.")
    return content


def require_head(verdict: Verdict, head: str, source: Path) -> None:
    """Refuse a verdict that is not on the commit `head`.

    Raises:
        UsageError: it is on another commit, or on none.
    """
    found = verdict.head.commit if verdict.head else None
    if found != head:
        said = shorten(printable(found), 60) if found else "no commit"
        raise UsageError(
            f"{source} is about {said}, not about {printable(head)}. Judge that commit, or name the right file."
        )
