"""Command-line arguments that `train` and `evaluate` share."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from recsys.training.progress import Progress
from recsys.training.readers.columns import ROLES
from recsys.training.readers.reader import DEFAULT_BAD_SHARE, DEFAULT_UNTITLED_SHARE, ReadOptions
from recsys.training.readers.registry import FORMATS, READERS

LIKE_FROM: Final = 4.0
SKIP_BELOW: Final = 3.0


def add_data(parser: argparse.ArgumentParser, without: str) -> None:
    """Add --data and how to read it. without: what happens when --data is left out."""
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
    parser.add_argument(
        "--max-untitled",
        type=float,
        default=DEFAULT_UNTITLED_SHARE,
        metavar="SHARE",
        help="share of the items with plays that may lack a row in the file of items before the import stops, 0 to 1; "
        "they are shown by their ids, and so are all where there is no such file (default: %(default)s)",
    )
    _add_tables(parser)


def _add_tables(parser: argparse.ArgumentParser) -> None:
    table = parser.add_argument_group("tables (a .csv, .tsv or .parquet file)")
    table.add_argument(
        "--columns",
        type=columns,
        default={},
        metavar="ROLE=COLUMN,…",
        help=f"which column is what, where its name does not say it; the roles: {', '.join(ROLES)}",
    )
    table.add_argument(
        "--like-from",
        type=float,
        default=LIKE_FROM,
        metavar="R",
        help="ratings from R on are likes (default: %(default)s)",
    )
    table.add_argument(
        "--skip-below",
        type=float,
        default=SKIP_BELOW,
        metavar="R",
        help="ratings below R are skips (default: %(default)s)",
    )


def read_options(args: argparse.Namespace, progress: Progress) -> ReadOptions:
    """Return what `add_data` has taken in."""
    return ReadOptions(args.max_bad_rows, args.columns, args.like_from, args.skip_below, progress, args.max_untitled)


def columns(text: str) -> dict[str, str]:
    """Return the columns by role of "user=uid,item=sid". For argparse."""
    found: dict[str, str] = {}
    for part in text.split(","):
        role, equals, column = part.partition("=")
        if not equals or not role.strip() or not column.strip() or role.strip() in found:
            raise argparse.ArgumentTypeError(f"{part!r} is not ROLE=COLUMN, each role once, as in user=uid,item=sid")
        found[role.strip()] = column.strip()
    return found


def day(text: str) -> int:
    """Return unix seconds of the start of a day such as 2026-11-01, UTC. For argparse."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-01") from None


def moment(seconds: int) -> str:
    """Return unix seconds as 2026-11-01T00:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
