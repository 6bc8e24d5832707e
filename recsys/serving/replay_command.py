"""`recsys replay`: the answer to one request, given again from the decision log."""

import argparse
import sys
from pathlib import Path

from recsys.bootstrap import artifact_directory, recorded
from recsys.serving.arguments import Subparsers
from recsys.serving.replay import digest, replayed

DIFFERS = 1


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "replay",
        help="give one answer again from the decision log",
        description=(
            "Print the answer that a request got, byte for byte, made anew from its line in the decision log by the "
            "same model. What had failed then fails again."
        ),
        epilog=(
            "exit status:\n"
            "  0  the bytes are those that were sent\n"
            "  1  they differ: this code does not rank as the code that served did\n"
            "  2  there is nothing to replay\n"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar="ID", help="the request's id: `request_id` of the answer, `x-request-id` of it")
    parser.add_argument("--artifact", type=Path, required=True, metavar="DIR", help="the model that served")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="the state directory of the service")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the answer; return the exit status. Raises a `RecsysError`."""
    published = artifact_directory(args.artifact).read()
    record = recorded(args.state, args.id, published)
    body = replayed(published, record)
    sys.stdout.buffer.write(body)
    sys.stdout.flush()
    if digest(body) == record.exchange.digest:
        return 0
    sys.stderr.write(
        f"recsys: this is not what was sent: its SHA-256 is {digest(body)}, the answer's was {record.exchange.digest}\n"
    )
    return DIFFERS
