"""The MovieLens CSV format: a directory with movies.csv and ratings.csv.

Source: the README of the MovieLens data sets (GroupLens). Films stand in for tracks:

| MovieLens | here |
|---|---|
| movieId, userId | track id, user id, unchanged |
| title "Usual Suspects, The (1995)" | title "The Usual Suspects", released on 1995-01-01 |
| no year in the title | released on the day of the film's first rating, or of the first rating of all |
| first genre and decade | the "artist": "Drama of the 1990s", so that the cap on one artist still means variety |
| rating of 4 or more | a like |
| rating of 3 or 3.5 | a listen |
| rating below 3 | a skip |
| nothing | one market, "001" (the world in UN M49); no film is explicit, since the format has no such notion |
"""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from recsys.domain.arrays import Ints, Slots
from recsys.domain.events import EventColumns, Kind
from recsys.domain.histories import UNSET, Histories
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.domain.packed import PackedStrings
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.reader import BadRows

LIKE_FROM, LISTEN_FROM = 4.0, 3.0
RATINGS: Final = (0.5, 5.0)
WORLD: Final = "001"
MOVIE_COLUMNS: Final = ("movieId", "title", "genres")
RATING_COLUMNS: Final = ("userId", "movieId", "rating", "timestamp")
LATEST: Final = 2**40
_YEAR: Final = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\u2013]\d{0,4})?\)\s*$")
_ARTICLE: Final = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An)$")
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class _Movie:
    title: str
    year: int | None
    genre: str


@dataclass
class _Ratings:
    """Columns while they grow. movie: position in the sorted ids."""

    user: list[str] = field(default_factory=list)
    movie: list[int] = field(default_factory=list)
    rating: list[float] = field(default_factory=list)
    time: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MovieLensCsv:
    """Reads movies.csv and ratings.csv of one directory."""

    name: str = "movielens-csv"
    summary: str = "a directory with movies.csv and ratings.csv; ratings of 4 and more are likes, below 3 skips"

    def recognises(self, path: Path) -> bool:
        """Whether both files are there."""
        return (path / "movies.csv").is_file() and (path / "ratings.csv").is_file()

    def read(self, path: Path, max_bad_share: float) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        bad = BadRows()
        rows, movies = _movies(path / "movies.csv", bad)
        ids = sorted(movies)
        rated, ratings = _ratings(path / "ratings.csv", {key: row for row, key in enumerate(ids)}, bad)
        bad.check(rows + rated, max_bad_share)
        if not ratings.user:
            raise DatasetError(f"{path / 'ratings.csv'} holds no usable rating; give data with at least one")
        movie, time = np.array(ratings.movie, dtype=np.int32), np.array(ratings.time, dtype=np.int64)
        catalogue = _catalogue(ids, [movies[key] for key in ids], _first_days(len(ids), movie, time))
        histories = _histories(ratings, movie, time)
        return Dataset(catalogue, histories, {"format": self.name, "rows": rows + rated, "bad_rows": bad.as_source()})


def _movies(path: Path, bad: BadRows) -> tuple[int, dict[str, _Movie]]:
    movies: dict[str, _Movie] = {}
    rows = 0
    for line, cells in _rows(path, MOVIE_COLUMNS):
        rows += 1
        if cells is None:
            bad.add(path, line, f"wants the {len(MOVIE_COLUMNS)} columns {', '.join(MOVIE_COLUMNS)} in UTF-8")
            continue
        key, title, genres = (cell.strip() for cell in cells)
        if not key or not title:
            bad.add(path, line, f"movieId {key!r} and title {title!r} must not be empty")
        elif key in movies:
            bad.add(path, line, f"movieId {key!r} comes a second time")
        else:
            found = _YEAR.match(title)
            name, year = (found["title"], int(found["year"])) if found and found["title"] else (title, None)
            genre = genres.split("|")[0]
            movies[key] = _Movie(
                _in_order(name), year, genre if genre and not genre.startswith("(") else "Unclassified"
            )
    return rows, movies


def _ratings(path: Path, movies: dict[str, int], bad: BadRows) -> tuple[int, _Ratings]:
    ratings, rows = _Ratings(), 0
    for line, cells in _rows(path, RATING_COLUMNS):
        rows += 1
        if cells is None:
            bad.add(path, line, f"wants the {len(RATING_COLUMNS)} columns {', '.join(RATING_COLUMNS)} in UTF-8")
            continue
        user, movie, rating, time = (cell.strip() for cell in cells)
        why = _why_not(user, movie, rating, time, movies)
        if why:
            bad.add(path, line, why)
            continue
        ratings.user.append(user)
        ratings.movie.append(movies[movie])
        ratings.rating.append(float(rating))
        ratings.time.append(int(time))
    return rows, ratings


def _why_not(user: str, movie: str, rating: str, time: str, movies: dict[str, int]) -> str | None:
    """Return what is wrong with a rating, or None."""
    if not user:
        return "userId is empty"
    if movie not in movies:
        return f"movieId {movie!r} is not in movies.csv"
    value, low, high = None, *RATINGS
    with suppress(ValueError):
        value = float(rating)
    if value is None or not low <= value <= high:
        return f"rating {rating!r} is not a number from {low} to {high}"
    if not (time.isascii() and time.isdigit() and int(time) < LATEST):
        return f"timestamp {time!r} is not a whole number of seconds since 1970"
    return None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and cells of each row after the header, None for a row of another width or encoding."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader, [])
            if tuple(header) != columns:
                raise DatasetError(f"{path} begins with {header!r}; its header must be {','.join(columns)}")
            for cells in reader:
                if cells:
                    fits = len(cells) == len(columns) and not any(map(_is_broken, cells))
                    yield reader.line_num, cells if fits else None
    except csv.Error as error:
        raise DatasetError(f"{path} is not CSV: {error}") from error


def _is_broken(cell: str) -> bool:
    """Whether a byte that is not UTF-8 was escaped into the text, or a zero byte is in it."""
    return "\0" in cell or (not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell))


def _in_order(title: str) -> str:
    """Return "The Usual Suspects" for "Usual Suspects, The"."""
    found = _ARTICLE.match(title)
    return f"{found['article']} {found['rest']}" if found else title


def _first_days(tracks: int, movie: Slots, time: Ints) -> Ints:
    """Return (n,) the day of each film's first rating, of the first rating of all where it has none."""
    days = np.full(tracks, np.iinfo(np.int64).max)
    np.minimum.at(days, movie, time // SECONDS_A_DAY)
    return np.where(days == np.iinfo(np.int64).max, time.min() // SECONDS_A_DAY, days)


def _catalogue(ids: list[str], movies: list[_Movie], first_days: Ints) -> Catalogue:
    released = np.array(
        [
            day if movie.year is None else date(max(movie.year, 1), 1, 1).toordinal() - _EPOCH
            for movie, day in zip(movies, first_days.tolist(), strict=True)
        ],
        dtype=np.int32,
    )
    years = [date.fromordinal(day + _EPOCH).year for day in released.tolist()]
    groups = [(movie.genre, year // 10 * 10) for movie, year in zip(movies, years, strict=True)]
    keys = {f"{genre.lower().replace(' ', '-')}-{decade}s": f"{genre} of the {decade}s" for genre, decade in groups}
    artist_ids = sorted(keys)
    places = {key: row for row, key in enumerate(artist_ids)}
    owners = [places[f"{genre.lower().replace(' ', '-')}-{decade}s"] for genre, decade in groups]
    return Catalogue(
        ids=tuple(ids),
        titles=tuple(movie.title for movie in movies),
        artist=np.array(owners, dtype=np.int32),
        artist_ids=tuple(artist_ids),
        artist_names=tuple(keys[key] for key in artist_ids),
        recording=np.arange(len(ids), dtype=np.int32),
        explicit=np.zeros(len(ids), dtype=np.bool_),
        released=released,
        markets=(WORLD,),
        licensed=np.ones(len(ids), dtype=np.uint64),
    )


def _histories(ratings: _Ratings, movie: Slots, time: Ints) -> Histories:
    users = sorted(set(ratings.user))
    rows = {key: row for row, key in enumerate(users)}
    rating = np.array(ratings.rating)
    kinds = np.where(rating >= LIKE_FROM, Kind.LIKE, np.where(rating >= LISTEN_FROM, Kind.LISTEN, Kind.SKIP))
    unknown = np.full(movie.shape, -1, dtype=np.int32)
    return Histories.grouped(
        ids=PackedStrings.of(users),
        markets=(WORLD,),
        market=np.zeros(len(users), dtype=np.int8),
        allow_explicit=np.full(len(users), UNSET, dtype=np.int8),
        user=np.array([rows[key] for key in ratings.user], dtype=np.int32),
        events=EventColumns(kinds.astype(np.int8), movie, unknown, time, unknown),
    )
