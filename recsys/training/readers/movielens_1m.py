"""The MovieLens format of ml-1m and ml-10m: files of cells between two colons, ISO 8859-1 in the older one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset
from recsys.training.readers.movielens import Files, Film, film, read, recognises
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout


def _layout(*columns: str) -> Layout:
    return Layout(columns, delimiter="::", header=False, quoted=False, latin=True)


FILES: Final = Files(
    films="movies.dat",
    film_layout=_layout("MovieID", "Title", "Genres"),
    ratings="ratings.dat",
    rating_layout=_layout("UserID", "MovieID", "Rating", "Timestamp"),
    lowest=0.5,
)


@dataclass(frozen=True, slots=True)
class MovieLens1M:
    """Reads movies.dat and ratings.dat of one directory."""

    name: str = "movielens-1m"
    summary: str = "a directory with movies.dat and ratings.dat (ml-1m, ml-10m); ratings as in movielens-csv"

    def recognises(self, path: Path) -> bool:
        """Whether the ratings are there; the films may be missing."""
        return recognises(path, FILES)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        return read(self.name, path, FILES, _film, options)


def _film(cells: list[str]) -> tuple[str, Film]:
    key, title, genres = cells
    return key, film(title, genres.split("|")[0])
