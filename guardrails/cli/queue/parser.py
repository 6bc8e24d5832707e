"""The arguments of `guardrails queue`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from guardrails.gates.base import Profile

_QUEUE = """\
Take branches that were made side by side, verify each alone and then all of them merged, and print an order that is
safe to merge. Where the sum fails though each part holds, the branch with which it begins to fail is left out, and
named with those that it breaks with. Your work tree, index and branches are only ever read. All is judged by the policy
of the base.
"""
_EPILOG = """\
exit status:
  0  all of them can be merged in the order that is printed
  3  they can, and a person must decide of what is listed
  1  some are left out; the others can be merged in the order that is printed
  2  wrong use, or nothing could be judged
"""


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `command` takes a name, a short and a long text and an epilog."""
    queue = command("queue", "order branches so that they are safe to merge", _QUEUE, _EPILOG)
    queue.add_argument("branches", metavar="BRANCH", nargs="+", help="a branch or a commit")
    queue.add_argument("--base", metavar="REF", help="what they are merged onto (default: the default branch)")
    queue.add_argument("--profile", choices=[p.value for p in Profile], default=Profile.PR.value, help="(default: pr)")
    queue.add_argument("--only", metavar="GATE,...", type=_names, default=(), help="verify by these gates alone")
    queue.add_argument("--skip", metavar="GATE,...", type=_names, default=(), help="leave these gates out")
    queue.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    queue.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from guardrails.cli.queue.command import QueueOptions, run_queue  # no other command pays for it

    return run_queue(
        QueueOptions(
            tuple(options.branches),
            options.base,
            options.profile,
            options.only,
            options.skip,
            options.format == "json",
            options.repo,
        )
    )
