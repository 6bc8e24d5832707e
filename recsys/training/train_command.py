"""`recsys train`: data, or a synthetic world, in; a model directory out."""

import argparse
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

from recsys.bootstrap import artifact_directory
from recsys.domain.published import JSON, Published
from recsys.training.arguments import LIKE_FROM, SKIP_BELOW, add_data, day, moment, read_options
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.parameters import ITEM_ITEMS, SPLITS, TrainingParameters
from recsys.training.progress import Lines, Progress, Silent
from recsys.training.readers.reader import DEFAULT_BAD_SHARE, DEFAULT_UNTITLED_SHARE
from recsys.training.readers.registry import SYNTHETIC, read_dataset
from recsys.training.train import train
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.world import make_world

WORLD: Final = WorldParameters()
DEFAULTS: Final = TrainingParameters()
CUTS: Final = {"last": "each user's own", "users": "users that the fit has not seen", "none": "none"}
DESCRIPTION: Final = """\
Fit a model and write it to a directory, ready for `recsys evaluate`, `recsys recommend` and `recsys serve`.

Without --data, a synthetic music service is made from --seed and the model is fitted on that: the quickest start.
The newest part of the events is held out, so that `recsys evaluate` can judge the model on what it has not seen.
"""
EPILOG: Final = """\
examples:
  recsys train --output models/synthetic
  recsys train --output models/small --users 300 --tracks 800
  recsys train --data path/to/ml-latest-small --output models/films
  recsys train --data path/to/ml-latest-small --output models/films --refit-all --force
  recsys train --data plays.parquet --columns user=listener,item=song,time=ts,artist=band --output models/songs

exit status: 0 published, 2 not (the reason is on standard error, and nothing was written)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "train",
        help="fit a model and write it to a directory",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the directory to write")
    parser.add_argument("--force", action="store_true", help="replace a model that is already there")
    add_data(parser, "a synthetic world is made")
    parser.add_argument(
        "--seed", type=int, default=DEFAULTS.seed, metavar="N", help="all chance comes from it (default: %(default)s)"
    )
    parser.add_argument(
        "--holdout",
        type=float,
        default=DEFAULTS.holdout,
        metavar="SHARE",
        help="share of the events (of the users, with --split users) held out for `recsys evaluate`, up to 0.5 "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default=DEFAULTS.split,
        help="what is held out: events after one moment (time), each user's last events (last), or users of whom the "
        "fit sees nothing (users: strong generalisation) (default: time or last, by the data)",
    )
    _add_item_item(parser)
    parser.add_argument(
        "--refit-all", action="store_true", help="hold nothing out: a final model, which cannot be evaluated any more"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress lines on standard error")
    world = parser.add_argument_group("the synthetic world (not with --data)")
    world.add_argument("--users", type=int, metavar="N", help=f"(default: {WORLD.users:,})")
    world.add_argument("--tracks", type=int, metavar="N", help=f"(default: {WORLD.tracks:,})")
    world.add_argument("--days", type=int, metavar="N", help=f"how long people listen (default: {WORLD.days})")
    world.add_argument(
        "--end", type=day, metavar="DATE", help=f"its last day ends before (default: {moment(WORLD.end)[:10]})"
    )
    parser.set_defaults(run=run)


def _add_item_item(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--item-item",
        choices=ITEM_ITEMS,
        default=DEFAULTS.item_item,
        help="the item-item model: EASE (dense), item-knn (sparse, for large catalogues), or whichever the size and a "
        "validation on the newest events before those held out say (default: %(default)s)",
    )
    parser.add_argument(
        "--ease-limit",
        type=int,
        default=DEFAULTS.ease_limit,
        metavar="N",
        help="EASE is considered up to so many tracks with two listeners or more; it takes 8 N^2 bytes and more "
        "(default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Train and publish; return 0. Raises `RecsysError` for what is wrong with the input or the output."""
    parameters = replace(
        DEFAULTS,
        seed=args.seed,
        split=args.split,
        holdout=0.0 if args.refit_all else args.holdout,
        item_item=args.item_item,
        ease_limit=args.ease_limit,
    )
    target = artifact_directory(args.output.absolute())
    target.check_target(args.force)
    progress: Progress = Silent() if args.quiet else Lines(sys.stderr)
    dataset = _dataset(args, progress)
    progress.done("data", **{key: value for key, value in dataset.counts().items() if value})
    _warn(dataset, sys.stderr)
    published = train(dataset, parameters, progress)
    version = target.write(published, args.force)
    progress.done("published", path=args.output)
    sys.stdout.write(_summary(args.output, version, published, _data_hint(args)))
    return 0


def _dataset(args: argparse.Namespace, progress: Progress) -> Dataset:
    chosen = {name: getattr(args, name) for name in ("users", "tracks", "days", "end")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if args.data is None and args.format not in (None, SYNTHETIC):
        raise DatasetError(f"--format {args.format} needs --data PATH")
    if args.data is None:
        return make_world(WorldParameters(seed=args.seed, **chosen))
    if chosen or args.format == SYNTHETIC:
        names = ", ".join(f"--{name}" for name in chosen) or f"--format {SYNTHETIC}"
        raise DatasetError(f"{names} and --data exclude each other: the data says who is there, or a world is made")
    return read_dataset(args.data, args.format, read_options(args, progress))


def _warn(dataset: Dataset, stream: TextIO) -> None:
    """Show rows that were left out: few enough to go on, but not silently."""
    bad = dataset.source.get("bad_rows")
    if isinstance(bad, dict) and bad["count"]:
        examples = bad["examples"] if isinstance(bad["examples"], list) else []
        lines = "".join(f"  {example}\n" for example in examples)
        stream.write(f"recsys: warning: {bad['count']} rows cannot be used and were left out, such as\n{lines}")
    untitled = dataset.source.get("items_without_row")
    if isinstance(untitled, dict):
        stream.write(_untitled(untitled))
    if repeats := dataset.source.get("repeated_rows"):
        stream.write(f"recsys: warning: {repeats} rows repeat another one to the letter and count once\n")
    if "time" in dataset.source:
        stream.write(
            "recsys: warning: the data has no time; the order of events is drawn, and a random part held out\n"
        )


def _untitled(found: Mapping[str, JSON]) -> str:
    examples = found["examples"] if isinstance(found["examples"], list) else []
    ids = ", ".join(str(each) for each in examples)
    if not found["file_found"]:
        return f"recsys: warning: there is no {found['file']}; all {found['named']} items are shown by their ids\n"
    what = f"{found['count']} of {found['named']} items with plays have no row in {found['file']}"
    return f"recsys: warning: {what} and are shown by their ids, such as {ids}\n"


def _summary(path: Path, version: str, published: Published, data: str) -> str:
    details = published.details
    counts, split, item_item, ranker = (_part(details[key]) for key in ("counts", "split", "item_item", "ranker"))
    until = split["cut_off"]
    cut = moment(until) if isinstance(until, int) else CUTS[str(split["kind"])]
    rows = [
        ("published", str(path)),
        ("model", version),
        ("data", f"{counts['users']:,} users, {counts['tracks']:,} tracks, {counts['events']:,} events"),
        ("item-item", f"{item_item['kind']} ({item_item['reason']})"),
        ("ranker", f"{ranker['kind']} ({ranker['reason']})"),
        ("cut-off", f"{cut}, {split['held_out_events']:,} events held out"),
        ("next", f"recsys serve --artifact {path}"),
    ]
    if split["kind"] != "none":
        rows.insert(6, ("judge it", f"recsys evaluate --artifact {path}{data}"))
    return "".join(f"{name:<10} {text}\n" for name, text in rows)


def _part(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _data_hint(args: argparse.Namespace) -> str:
    """Return the options that read the same data in the same way, to be copied."""
    if args.data is None:
        return ""
    said = ["", "--data", str(args.data)]
    said += ["--format", args.format] if args.format else []
    said += ["--columns", ",".join(f"{role}={column}" for role, column in args.columns.items())] if args.columns else []
    for option, default in (
        ("max_bad_rows", DEFAULT_BAD_SHARE),
        ("max_untitled", DEFAULT_UNTITLED_SHARE),
        ("like_from", LIKE_FROM),
        ("skip_below", SKIP_BELOW),
    ):
        value = getattr(args, option)
        said += [f"--{option.replace('_', '-')}", f"{value:g}"] if value != default else []
    return shlex.join(said).removeprefix("''")
