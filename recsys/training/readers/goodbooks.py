"""The Goodbooks-10k format: books.csv and ratings.csv, without time.

Source: Zajac 2017, "Goodbooks-10k". Books stand in for tracks:

| Goodbooks | here |
|---|---|
| book_id, user_id | track id, user id, unchanged; the first release calls the book's number "id" in books.csv, and has
  Goodreads' own number under book_id there |
| title; original_title, then "Book 17", where it or the book's row is missing | title |
| the first of the authors | artist |
| work_id | recording: two editions of one work are never in one slate |
| original_publication_year | released on 1 January of it; years before 1 count as 1 |
| rating of 4 or 5, of 3, below | a like, a listen, a skip |
| nothing | time: the order of a user's events is drawn, so what is held out is a random part |
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.gather import Import, is_id, number_of, numbered
from recsys.training.readers.movielens import kind_of
from recsys.training.readers.plays import Plays
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout, header_of
from recsys.training.readers.things import Thing, first_of_january, maker_key

BOOKS: Final = "books.csv"
RATINGS: Final = "ratings.csv"
RATING_COLUMNS: Final = ("user_id", "book_id", "rating")
"""In any order: releases of the data set differ in it."""
NEEDED: Final = ("book_id", "authors", "title")
UNKNOWN: Final = "Unknown author"
LATEST_YEAR: Final = 2100
"""A later one is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Goodbooks:
    """Reads books.csv and ratings.csv of one directory."""

    name: str = "goodbooks"
    summary: str = "a directory with books.csv and ratings.csv (Goodbooks-10k); ratings as in movielens-csv"

    def recognises(self, path: Path) -> bool:
        """Whether the ratings are there, and the books or a header that names books."""
        ratings = path / RATINGS
        return ratings.is_file() and ((path / BOOKS).is_file() or "book_id" in header_of(ratings))

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        ongoing = Import(self.name, options)
        about, rated = path / BOOKS, path / RATINGS
        things = _books(ongoing, about) if about.is_file() else {}
        plays = Plays(numbered(things), growing=True)
        _ratings(ongoing, rated, plays)
        things |= {key: _book(key, {}) for key in ongoing.without_row(plays, things, about, rated)}
        plays.sort_items()
        ordered = {key: things[key] for key in plays.items}
        return ongoing.dataset(plays, lambda _days: ordered, rated, timed=False)


def _ratings(ongoing: Import, path: Path, plays: Plays) -> None:
    columns = _header(path, RATING_COLUMNS)
    places = [columns.index(name) for name in RATING_COLUMNS]
    for line, cells in ongoing.table(path, Layout(columns)):
        user, book, rating = (cells[place] for place in places)
        value = number_of(rating)
        if not user or not is_id(book):
            ongoing.bad.add(path, line, f"book_id {book[:40]!r} is no id" if user else "user_id is empty")
        elif value is None or not 1 <= value <= 5:
            ongoing.bad.add(path, line, f"rating {rating!r} is not a number from 1 to 5")
        else:
            plays.add(user, book, kind_of(value), 0)


def _books(ongoing: Import, path: Path) -> dict[str, Thing]:
    things: dict[str, Thing] = {}
    columns = _header(path, NEEDED)
    number = "id" if "id" in columns else "book_id"
    for line, cells in ongoing.table(path, Layout(columns)):
        row = dict(zip(columns, cells, strict=True))
        key = row[number]
        if not key or key in things:
            ongoing.bad.add(path, line, f"{number} {key!r} comes a second time" if key else f"{number} is empty")
        else:
            things[key] = _book(key, row)
    return things


def _book(key: str, row: dict[str, str]) -> Thing:
    author = row.get("authors", "").split(",")[0].strip() or UNKNOWN
    year = number_of(row.get("original_publication_year", ""))
    return Thing(
        title=row.get("title") or row.get("original_title", "") or f"Book {key}",
        maker_id=maker_key(author),
        maker=author,
        released=None if year is None or year > LATEST_YEAR else first_of_january(int(year)),
        work=row.get("work_id") or None,
    )


def _header(path: Path, needed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns: releases of the data set differ in them. Raises `DatasetError` where one lacks."""
    columns = header_of(path)
    if missing := [name for name in needed if name not in columns]:
        raise DatasetError(f"{path} has no column {missing[0]!r}; its header is {','.join(columns)!r}")
    return columns
