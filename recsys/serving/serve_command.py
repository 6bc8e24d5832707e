"""`recsys serve`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from recsys.serving import logs, neighbours, workers
from recsys.serving.arguments import Subparsers, add_shared, shared_settings
from recsys.settings import ServeSettings

DEFAULT_STATE: Final = ".recsys-state"
EPILOG: Final = """\
example:
  recsys train --output model && recsys serve --artifact model
  curl -s -X POST -H 'content-type: application/json' -d '{"user_id": "somebody"}' http://127.0.0.1:8080/v1/recommendations

endpoints:
  POST /v1/recommendations  POST /v1/events  GET /v1/search?q=...  GET /v1/tracks/{id}/similar
  GET /healthz  GET /readyz  GET /metrics  GET /openapi.json (describes the others)

state directory:
  state.sqlite3    events and settings
  takedowns.json   {"tracks": [ids], "artists": [ids]} that no answer may show; replaced while the service runs
  decisions/       one JSON line for every slate, rotated

SIGHUP puts the model that is at --artifact by now in service, without a pause; one that is refused changes nothing.
SIGTERM says "not ready" for --drain-seconds, finishes what is in flight, and ends with status 0.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "serve",
        help="answer over HTTP",
        description="Serve a trained model over HTTP. Prints 'listening on http://HOST:PORT' once it does.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_shared(parser, state=f"./{DEFAULT_STATE}")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port, 0 for any free one (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: %(default)s)")
    parser.add_argument(
        "--takedowns", type=Path, metavar="FILE", help="takedown file (default: in the state directory)"
    )
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="keep events and settings in this Redis, to share them between machines: redis://HOST:6379/0",
    )
    neighbours.add(parser)
    parser.add_argument("--experiments", type=Path, metavar="FILE", help="experiments to run, TOML (default: none)")
    parser.add_argument(
        "--watch",
        type=float,
        default=0.0,
        metavar="S",
        help="look every S seconds for another model at --artifact (default: only when SIGHUP asks for it)",
    )
    parser.add_argument(
        "--drain-seconds", type=float, default=1.0, metavar="S", help="time to say not ready (default: %(default)s)"
    )
    parser.add_argument(
        "--stop-seconds",
        type=float,
        default=10.0,
        metavar="S",
        help="time for requests in flight (default: %(default)s)",
    )
    parser.add_argument(
        "--full-decisions",
        type=int,
        default=100,
        metavar="N",
        help="log all candidates of one in N slates, 0 for none (default: %(default)s)",
    )
    parser.add_argument(
        "--hold-clock",
        action="store_true",
        help="keep the clock at --now; with --seed, two services answer the same requests alike",
    )
    parser.add_argument("--access-log", action="store_true", help="log every request")
    parser.add_argument("--json-log", action="store_true", help="log JSON lines instead of text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve; return the exit status. Raises a `RecsysError` when the service cannot start."""
    settings = ServeSettings(
        **shared_settings(args, Path(DEFAULT_STATE)),
        host=args.host,
        port=args.port,
        redis=args.redis,
        takedowns=args.takedowns,
        experiments=args.experiments,
        **neighbours.told(args),
        workers=args.workers,
        watch_seconds=args.watch,
        drain_seconds=args.drain_seconds,
        stop_seconds=args.stop_seconds,
        full_decisions=args.full_decisions,
        hold_clock=args.hold_clock,
        access_log=args.access_log,
        json_log=args.json_log,
    )
    logs.configure(json=settings.json_log, access=settings.access_log)
    where = "memory: events are lost at the end" if settings.state is None else os.fspath(settings.state.absolute())
    sys.stdout.write(f"state is in {where}\n")
    sys.stdout.flush()
    return workers.serve(settings)
