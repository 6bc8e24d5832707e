"""The MovieLens CSV format of ml-latest, ml-latest-small, ml-20m, ml-25m and ml-32m."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset
from recsys.training.readers.movielens import Files, Film, film, read, recognises
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout

FILES: Final = Files(
    films="movies.csv",
    film_layout=Layout(("movieId", "title", "genres")),
    ratings="ratings.csv",
    rating_layout=Layout(("userId", "movieId", "rating", "timestamp")),
    lowest=0.5,
)


@dataclass(frozen=True, slots=True)
class MovieLensCsv:
    """Reads movies.csv and ratings.csv of one directory."""

    name: str = "movielens-csv"
    summary: str = "a directory with movies.csv and ratings.csv; ratings of 4 and more are likes, below 3 skips"

    def recognises(self, path: Path) -> bool:
        """Whether the ratings are there; the films may be missing."""
        return recognises(path, FILES)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        return read(self.name, path, FILES, _film, options)


def _film(cells: list[str]) -> tuple[str, Film]:
    key, title, genres = cells
    return key, film(title, genres.split("|")[0])
