"""Command-line arguments that `train` and `evaluate` share."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from recsys.training.readers.reader import DEFAULT_BAD_SHARE
from recsys.training.readers.registry import FORMATS, READERS


def add_data(parser: argparse.ArgumentParser, without: str) -> None:
    """Add --data, --format and --max-bad-rows. without: what happens when --data is left out."""
    known = "; ".join(f"{reader.name}: {reader.summary}" for reader in READERS)
    parser.add_argument("--data", type=Path, metavar="PATH", help=f"the data to read ({known}). Without it {without}")
    parser.add_argument("--format", choices=FORMATS, help="the format of the data (default: what the path looks like)")
    parser.add_argument(
        "--max-bad-rows",
        type=float,
        default=DEFAULT_BAD_SHARE,
        metavar="SHARE",
        help="share of rows that may be unusable before the import stops, 0 to 1 (default: %(default)s)",
    )


def day(text: str) -> int:
    """Return unix seconds of the start of a day such as 2026-11-01, UTC. For argparse."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-01") from None


def moment(seconds: int) -> str:
    """Return unix seconds as 2026-11-01T00:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
