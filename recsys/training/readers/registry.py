"""The known formats, in one tuple. A new format is a file with a `Reader`, and a line here."""

from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset, check_usable
from recsys.training.errors import DatasetError
from recsys.training.readers.movielens_csv import MovieLensCsv
from recsys.training.readers.reader import DEFAULT_BAD_SHARE, Reader, detect

READERS: Final[tuple[Reader, ...]] = (MovieLensCsv(),)
SYNTHETIC: Final = "synthetic"
FORMATS: Final = (SYNTHETIC, *(reader.name for reader in READERS))


def read_dataset(path: Path, name: str | None = None, max_bad_share: float = DEFAULT_BAD_SHARE) -> Dataset:
    """Read data in the named format, or in the one that the path looks like.

    Raises `DatasetError` for a path that does not exist, a format that does not fit, too many bad rows, or no play.
    """
    if not 0.0 <= max_bad_share <= 1.0:
        raise DatasetError(f"the share of bad rows is {max_bad_share}; it must lie in [0, 1]")
    try:
        reader = detect(path, READERS) if name is None else _named(path, name)
        return check_usable(reader.read(path, max_bad_share))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error


def _named(path: Path, name: str) -> Reader:
    for reader in READERS:
        if reader.name == name:
            if not reader.recognises(path):
                raise DatasetError(f"{path} is not {name}: {reader.summary}")
            return reader
    raise DatasetError(f"{name!r} is not a format that can be read; the known ones are {', '.join(FORMATS[1:])}")
