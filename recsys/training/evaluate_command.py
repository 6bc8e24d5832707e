"""`recsys evaluate`: a model directory and its data in; how good the slates are out."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from recsys.bootstrap import artifact_directory
from recsys.domain.published import JSON, Published
from recsys.training.arguments import add_data, read_options
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.evaluate import MAX_USERS, evaluate
from recsys.training.progress import Lines
from recsys.training.readers.registry import SYNTHETIC, read_dataset
from recsys.training.report import as_details, as_text
from recsys.training.split import Split, SplitKind, split_of
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.world import make_world

DESCRIPTION: Final = """\
Judge a model on the events that were held out when it was trained.

For each user the slate that would have been served at the cut-off is compared with what the user then played for the
first time: by the whole pipeline (served), before re-ranking (ranked), by the item-item model alone (item-item: EASE or
item-kNN), and by popularity in the user's market, which everything must beat. Intervals are 95 % bootstrap intervals
over users.
"""
EPILOG: Final = """\
A model that was trained with --refit-all has seen everything and cannot be judged: train one without it.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="judge a model on held-out events",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--artifact", type=Path, required=True, metavar="DIR", help="the model: what `recsys train --output DIR` wrote"
    )
    add_data(parser, "the synthetic world of the model is made again")
    parser.add_argument(
        "--k", "-k", type=int, default=10, metavar="K", help="length of the slates (default: %(default)s)"
    )
    parser.add_argument(
        "--max-users",
        type=int,
        default=MAX_USERS,
        metavar="N",
        help="judge at most so many users, drawn by --seed (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=7, metavar="N", help="of resampling and exploration (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="write JSON instead of tables")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate and print; return 0. Raises `RecsysError` for what cannot be judged."""
    if args.k < 1 or args.max_users < 1 or args.seed < 0:
        raise DatasetError(
            f"--k {args.k} and --max-users {args.max_users} must be at least 1, --seed {args.seed} at least 0"
        )
    published = artifact_directory(args.artifact.absolute()).read()
    _check_held_out(published, args.artifact)
    dataset = _dataset(published, args)
    if dataset.digest() != published.details["data_digest"]:
        raise DatasetError(
            f"this is not the data that {args.artifact} was trained on (digest {dataset.digest()[:12]}, the model has "
            f"{str(published.details['data_digest'])[:12]}); give the same data, or train on this"
        )
    split = _split(published, dataset)
    found = evaluate(
        published.model,
        dataset.histories,
        split,
        args.k,
        seed=args.seed,
        limit=args.max_users,
        progress=Lines(sys.stderr),
    )
    facts: dict[str, JSON] = {"model_version": published.model.version, "split": published.details["split"]}
    if args.json:
        sys.stdout.write(json.dumps({**facts, **as_details(found)}, indent=2) + "\n")
    else:
        sys.stdout.write(as_text(found, published.model.version, _part(published, "split")))
    return 0


def _check_held_out(published: Published, path: Path) -> None:
    if _part(published, "split").get("kind") == SplitKind.NONE:
        raise DatasetError(
            f"{path} was fitted on all events (--refit-all), so nothing is left to judge it by; train without"
        )


def _dataset(published: Published, args: argparse.Namespace) -> Dataset:
    if args.data is not None:
        return read_dataset(args.data, args.format, read_options(args, Lines(sys.stderr)))
    source = _part(published, "source")
    if source.get("format") != SYNTHETIC:
        raise DatasetError(f"{args.artifact} was trained on {source.get('format')} data; give it with --data PATH")
    numbers = {name: value for name, value in source.items() if isinstance(value, int)}
    return make_world(WorldParameters(**numbers))


def _split(published: Published, dataset: Dataset) -> Split:
    parameters, kind = _part(published, "parameters"), str(_part(published, "split")["kind"])
    holdout, ranker_share = (float(str(parameters[name])) for name in ("holdout", "ranker_share"))
    return split_of(dataset.histories, holdout, ranker_share, SplitKind(kind), int(str(parameters["seed"])))


def _part(published: Published, name: str) -> dict[str, JSON]:
    part = published.details.get(name)
    if not isinstance(part, dict):
        raise DatasetError(f"the manifest lacks {name!r}; train the model again")
    return part
