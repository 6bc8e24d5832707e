"""`python -m guardrails` and the `guardrails` command."""

import os
import sys


def main() -> int:
    """Run the command line in a process of its own: what it started ends with it.

    A hook whose gate cannot even be imported holds nobody either: its exit status is never 1.
    """
    try:
        return _run()
    except (Exception, KeyboardInterrupt) as error:
        if sys.argv[1:2] != ["hook"]:
            raise
        print(f"guardrails hook: nothing was judged: {type(error).__name__}: {error}"[:300], file=sys.stderr)
        return 0


def _run() -> int:
    from guardrails.adapters.killing import adopt_orphans, end_children
    from guardrails.cli.main import main as run
    from guardrails.runner import alive

    adopt_orphans()
    try:
        status = run(sys.argv[1:])
    finally:
        end_children()
    if alive():  # a gate that does not notice that it was stopped would keep Python from ending
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
