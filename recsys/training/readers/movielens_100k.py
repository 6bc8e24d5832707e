"""The MovieLens format of ml-100k: u.data with tabs, u.item with bars and a flag for each genre, in ISO 8859-1."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset
from recsys.training.readers.movielens import UNCLASSIFIED, Files, Film, film, read, recognises
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout

GENRES: Final = (
    UNCLASSIFIED, "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""In the order of the flags, as its README gives it; the first one is called "unknown" there."""
_BEFORE_FLAGS: Final = ("movie id", "movie title", "release date", "video release date", "IMDb URL")
FILES: Final = Files(
    films="u.item",
    film_layout=Layout((*_BEFORE_FLAGS, *GENRES), delimiter="|", header=False, quoted=False, latin=True),
    ratings="u.data",
    rating_layout=Layout(("user id", "item id", "rating", "timestamp"), "\t", header=False, quoted=False, latin=True),
    lowest=1.0,
)


@dataclass(frozen=True, slots=True)
class MovieLens100K:
    """Reads u.item and u.data of one directory."""

    name: str = "movielens-100k"
    summary: str = "a directory with u.data and u.item (ml-100k); ratings as in movielens-csv"

    def recognises(self, path: Path) -> bool:
        """Whether the ratings are there; the films may be missing."""
        return recognises(path, FILES)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        return read(self.name, path, FILES, _film, options)


def _film(cells: list[str]) -> tuple[str, Film]:
    flags = cells[len(_BEFORE_FLAGS) :]
    genre = next((name for name, flag in zip(GENRES, flags, strict=True) if flag == "1"), UNCLASSIFIED)
    return cells[0], film(cells[1], genre)
