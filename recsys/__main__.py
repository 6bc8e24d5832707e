"""The command line: `recsys train | evaluate | serve | recommend`."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
FAILED: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 2 when it could not be done, with the reason on standard error."""
    for variable in THREADS:  # one thread a process: with more, workers fight over the cores and all get slower
        os.environ.setdefault(variable, "1")
    # numpy reads the variables when it is first imported, so the commands are imported only now.
    from recsys.errors import RecsysError
    from recsys.serving import recommend_command, serve_command
    from recsys.training import evaluate_command, train_command

    parser = argparse.ArgumentParser(
        prog="recsys",
        description="A music recommender: train it, measure it, serve it, ask it.",
        epilog="recsys COMMAND --help tells more.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (train_command, evaluate_command, serve_command, recommend_command):
        command.add_parser(subparsers)
    args = parser.parse_args(arguments)
    try:
        status: int = args.run(args)
    except RecsysError as error:
        sys.stderr.write(f"recsys: error: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of standard output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
