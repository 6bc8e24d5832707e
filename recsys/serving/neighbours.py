"""The options that name the services which this one asks. Without them it runs by itself."""

import argparse
from typing import TypedDict


class Told(TypedDict):
    """The options, as `ServeSettings` has them."""

    catalogue: str | None
    profiles: str | None
    listens: str | None
    stale_takedowns: float


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("services to ask", "Each by its address, http://HOST:PORT; none by default.")
    group.add_argument("--catalogue", metavar="URL", help="takedowns, beside those of the takedown file")
    group.add_argument("--profiles", metavar="URL", help="users' markets, explicit settings and blocks")
    group.add_argument("--listens", metavar="URL", help="a stream of listening events; the first worker reads it")
    group.add_argument(
        "--stale-takedowns",
        type=float,
        default=60.0,
        metavar="S",
        help="show nothing when the catalogue's takedowns are older than this (default: %(default)s)",
    )


def told(args: argparse.Namespace) -> Told:
    """Return what the options say."""
    return Told(
        catalogue=args.catalogue,
        profiles=args.profiles,
        listens=args.listens,
        stale_takedowns=args.stale_takedowns,
    )
