"""Command-line arguments that `serve` and `recommend` share."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias, TypedDict

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name
MEMORY: Final = ":memory:"


class Shared(TypedDict):
    """Fields of `ServeSettings` that both commands set."""

    artifact: Path
    state: Path | None
    market: str | None
    seed: int | None
    now: int | None


def add_shared(parser: argparse.ArgumentParser, state: str) -> None:
    """Add the arguments. state: the default, in words."""
    parser.add_argument(
        "--artifact", type=Path, required=True, metavar="DIR", help="the model: what `recsys train --output DIR` wrote"
    )
    parser.add_argument(
        "--state", metavar="DIR", help=f"where events and settings are kept, {MEMORY} for nowhere (default: {state})"
    )
    parser.add_argument("--market", help="market of users who have none (default: the catalogue's first)")
    parser.add_argument("--seed", type=_seed, metavar="N", help="one seed for every request (default: a new one each)")
    parser.add_argument(
        "--now",
        type=_instant,
        metavar="TIME",
        help="start the clock at this time, such as 2026-11-01T00:00:00Z, to serve data of the past (default: today's)",
    )


def shared_settings(args: argparse.Namespace, default_state: Path | None) -> Shared:
    """Return what `add_shared` read."""
    state = default_state if args.state is None else None if args.state == MEMORY else Path(args.state)
    return Shared(artifact=args.artifact, state=state, market=args.market, seed=args.seed, now=args.now)


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 1 << 63:
        raise argparse.ArgumentTypeError(f"{text} must lie in [0, 2**63)")
    return seed


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 2026-11-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; add Z for UTC")
    return int(moment.timestamp())
