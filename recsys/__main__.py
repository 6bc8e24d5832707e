"""The command line: `recsys train | evaluate | publish | serve | recommend | replay`."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
FAILED: Final = 2
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """summary: for the list of commands. load: imports the command and adds its parser."""

    summary: str
    load: Callable[[Any], None]


def _train(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.training import train_command

    train_command.add_parser(subparsers)


def _evaluate(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.training import evaluate_command

    evaluate_command.add_parser(subparsers)


def _publish(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.training import publish_command

    publish_command.add_parser(subparsers)


def _serve(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.serving import serve_command

    serve_command.add_parser(subparsers)


def _recommend(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.serving import recommend_command

    recommend_command.add_parser(subparsers)


def _replay(subparsers: Any) -> None:  # noqa: ANN401  argparse has no public name for it
    from recsys.serving import replay_command

    replay_command.add_parser(subparsers)


COMMANDS: Final[Mapping[str, Command]] = {
    "train": Command("fit a model and write it to a directory", _train),
    "evaluate": Command("judge a model on held-out events", _evaluate),
    "publish": Command("put a model where a service reads it, in one step", _publish),
    "serve": Command("answer over HTTP", _serve),
    "recommend": Command("print one user's slate", _recommend),
    "replay": Command("give one answer again from the decision log", _replay),
}


def parser_for(chosen: str | None) -> argparse.ArgumentParser:
    """Return the parser, with arguments for the chosen command only: a server need not import what training needs."""
    parser = argparse.ArgumentParser(
        prog="recsys",
        description="A music recommender: train it, measure it, serve it, ask it.",
        epilog="recsys COMMAND --help tells more.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        if name == chosen:
            command.load(subparsers)
        else:
            subparsers.add_parser(name, help=command.summary)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 2 when it could not be done, with the reason on standard error."""
    for variable in THREADS:  # one thread a process: with more, workers fight over the cores and all get slower
        os.environ.setdefault(variable, "1")
    given = sys.argv[1:] if arguments is None else list(arguments)
    args = parser_for(given[0] if given else None).parse_args(given)
    from recsys.errors import RecsysError

    try:
        status: int = args.run(args)
    except RecsysError as error:
        sys.stderr.write(f"recsys: error: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of standard output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
