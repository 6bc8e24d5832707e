"""`recsys recommend`: one slate on the terminal."""

import argparse
import contextlib
import sys

import msgspec

from recsys.bootstrap import one_answer
from recsys.errors import InvalidQueryError
from recsys.serving import table
from recsys.serving.arguments import Subparsers, add_shared, shared_settings
from recsys.serving.parse import located
from recsys.serving.problems import Refusal
from recsys.serving.service import Service
from recsys.serving.wire import MAX_K, RecommendationRequest
from recsys.settings import ServeSettings


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "recommend",
        help="print one user's slate",
        description="Print the slate that a user would get. An unknown user gets what a new listener gets.",
        epilog="example:\n  recsys recommend --artifact model --user u000001 -k 10 --explain",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_shared(parser, state="none: what training knew of the user, and no more")
    parser.add_argument("--user", required=True, metavar="ID", help="whom to recommend to")
    parser.add_argument("-k", type=int, default=20, help=f"tracks, 1 to {MAX_K} (default: %(default)s)")
    parser.add_argument("--surface", choices=("home", "radio"), default="home", help="(default: %(default)s)")
    parser.add_argument("--allow-explicit", action="store_true", default=None, help="explicit tracks may appear")
    parser.add_argument("--explain", action="store_true", help="show what the ranker read")
    parser.add_argument("--json", action="store_true", help="print the answer of the HTTP API")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the slate; return the exit status. Raises a `RecsysError`."""
    settings = ServeSettings(**shared_settings(args, None))
    with contextlib.closing(one_answer(settings)) as outside:
        service = Service(outside)
        try:
            request = msgspec.convert(
                {
                    "user_id": args.user,
                    "k": args.k,
                    "surface": args.surface,
                    "market": args.market,
                    "allow_explicit": args.allow_explicit,
                    "explain": args.explain,
                },
                RecommendationRequest,
            )
            answer, decision = service.recommend(request, outside.chance.request_id())
        except msgspec.ValidationError as error:
            raise InvalidQueryError(f"the request is refused: {located(error).detail.lstrip('/')}") from error
        except Refusal as refusal:
            raise InvalidQueryError(f"the request is refused: {refusal.detail.lstrip('/')}") from refusal
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
    else:
        sys.stdout.write(table.rendered(answer, decision, args.user))
    return 0
