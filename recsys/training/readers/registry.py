"""The known formats, in one tuple. A new format is a file with a `Reader`, and a line here."""

from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset, check_usable
from recsys.training.errors import DatasetError
from recsys.training.readers import movielens_1m, movielens_100k
from recsys.training.readers.goodbooks import Goodbooks
from recsys.training.readers.hetrec import LISTENS, HetRecLastFm
from recsys.training.readers.movielens_1m import MovieLens1M
from recsys.training.readers.movielens_100k import MovieLens100K
from recsys.training.readers.movielens_csv import MovieLensCsv
from recsys.training.readers.reader import Reader, ReadOptions, detect
from recsys.training.readers.table import Table

READERS: Final[tuple[Reader, ...]] = (
    MovieLensCsv(),
    MovieLens1M(),
    MovieLens100K(),
    HetRecLastFm(),
    Goodbooks(),
    Table(),
)
PLAYS: Final = (movielens_1m.FILES.ratings, movielens_100k.FILES.ratings, LISTENS)
"""Files that belong to one format each, so that one of them may be named in place of its directory."""
SYNTHETIC: Final = "synthetic"
FORMATS: Final = (SYNTHETIC, *(reader.name for reader in READERS))


def read_dataset(path: Path, name: str | None = None, options: ReadOptions | None = None) -> Dataset:
    """Read data in the named format, or in the one that the path looks like.

    Raises `DatasetError` for a path that does not exist, a format that does not fit, too many bad rows, or no play.
    """
    options = options or ReadOptions()
    if not 0.0 <= options.max_bad_share <= 1.0:
        raise DatasetError(f"the share of bad rows is {options.max_bad_share}; it must lie in [0, 1]")
    if not 0.0 <= options.max_untitled_share <= 1.0:
        raise DatasetError(f"the share of untitled items is {options.max_untitled_share}; it must lie in [0, 1]")
    path = path.parent if path.name in PLAYS and path.is_file() else path
    try:
        reader = detect(path, READERS) if name is None else _named(path, name)
        if options.columns and not isinstance(reader, Table):
            raise DatasetError(f"--columns is for tables, and {path} is {reader.name}: its columns are known")
        return check_usable(reader.read(path, options))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error


def _named(path: Path, name: str) -> Reader:
    for reader in READERS:
        if reader.name == name:
            if not reader.recognises(path):
                raise DatasetError(f"{path} is not {name}: {reader.summary}")
            return reader
    raise DatasetError(f"{name!r} is not a format that can be read; the known ones are {', '.join(FORMATS[1:])}")
