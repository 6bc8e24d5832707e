"""`recsys publish`: a model directory, made elsewhere, put where a service reads it, in one step."""

import argparse
import sys
from pathlib import Path

from recsys.bootstrap import artifact_directory

DESCRIPTION = """\
Check a model directory to the last byte, copy it, check the copy, and put it in place of what is at the target in one
step: whoever reads the target finds the old model or the new one, never a part. A service that serves from the target
goes on with the old model until it is told: kill -HUP its process, or serve with --watch.

Never copy into a directory that is being served: its files are mapped into the memory of the service.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "publish",
        help="put a model where a service reads it, in one step",
        description=DESCRIPTION,
        epilog="exit status: 0 published, 2 not (the reason is on standard error, and the target is as it was)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="DIR", help="the model: what `recsys train --output DIR` wrote")
    parser.add_argument("--to", type=Path, required=True, metavar="TARGET", help="where the service reads it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Publish; return 0. Raises `ArtifactError`."""
    version = artifact_directory(args.to.absolute()).take(artifact_directory(args.source.absolute()))
    sys.stdout.write(f"published  {args.to}\nmodel      {version}\n")
    return 0
