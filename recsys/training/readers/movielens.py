"""What the MovieLens formats share: films as tracks, ratings as likes, listens and skips.

Source: the READMEs of the MovieLens data sets (GroupLens). Films stand in for tracks:

| MovieLens | here |
|---|---|
| film and user ids | track id, user id, unchanged |
| title "Usual Suspects, The (1995)" | title "The Usual Suspects", released on 1995-01-01 |
| no title, or no row among the films | its id, as "Film 17" |
| no year in the title | released on the day of the film's first rating, or of the first rating of all |
| first genre and decade | the "artist": "Drama of the 1990s", so that the cap on one artist still means variety |
| rating of 4 or more | a like |
| rating of 3 or 3.5 | a listen |
| rating below 3 | a skip |
| nothing | one market, "001" (the world in UN M49); no film is explicit, since the format has no such notion |
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from recsys.domain.events import Kind
from recsys.training.dataset import Dataset
from recsys.training.readers.gather import Import, is_id, number_of, numbered, second_of
from recsys.training.readers.plays import Plays
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout, header_of
from recsys.training.readers.things import EPOCH, Thing, first_of_january

LIKE_FROM, LISTEN_FROM = 4.0, 3.0
UNCLASSIFIED: Final = "Unclassified"
_YEAR: Final = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\u2013]\d{0,4})?\)\s*$")
_ARTICLE: Final = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An)$")


@dataclass(frozen=True, slots=True)
class Film:
    """A film: its title in reading order, the year if the title says one, its first genre."""

    title: str
    year: int | None
    genre: str


FilmOf = Callable[[list[str]], tuple[str, Film]]
"""Makes the id and the film of a row's cells."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a format has what. lowest: the least rating; the greatest is 5."""

    films: str
    film_layout: Layout
    ratings: str
    rating_layout: Layout
    lowest: float


def recognises(path: Path, files: Files) -> bool:
    """Whether a directory holds the ratings, and the films or a header that says what the ratings are."""
    ratings, layout = path / files.ratings, files.rating_layout
    if not ratings.is_file():
        return False
    return (path / files.films).is_file() or not layout.header or header_of(ratings) == layout.columns


def film(title: str, genre: str) -> Film:
    """Return the film of a title as MovieLens writes it."""
    found = _YEAR.match(title)
    name, year = (found["title"], int(found["year"])) if found and found["title"] else (title, None)
    article = _ARTICLE.match(name)
    name = f"{article['article']} {article['rest']}" if article else name
    return Film(name, year, genre if genre and not genre.startswith("(") else UNCLASSIFIED)


def kind_of(rating: float, like_from: float = LIKE_FROM, listen_from: float = LISTEN_FROM) -> Kind:
    """Return what a rating stands for."""
    return Kind.LIKE if rating >= like_from else Kind.LISTEN if rating >= listen_from else Kind.SKIP


def read(name: str, path: Path, files: Files, film_of: FilmOf, options: ReadOptions) -> Dataset:
    """Return the dataset of a directory with a file of ratings and, where it is there, one of films."""
    ongoing = Import(name, options)
    about, rated = path / files.films, path / files.ratings
    films = _films(ongoing, about, files, film_of) if about.is_file() else {}
    plays = Plays(numbered(films), growing=True)
    _ratings(ongoing, rated, files, plays)
    films |= dict.fromkeys(ongoing.without_row(plays, films, about, rated), Film("", None, UNCLASSIFIED))
    plays.sort_items()

    def things(days: list[int]) -> dict[str, Thing]:
        return {key: _thing(key, films[key], day) for key, day in zip(plays.items, days, strict=True)}

    return ongoing.dataset(plays, things, rated)


def _thing(key: str, each: Film, first_day: int) -> Thing:
    """Return a film as an item; its "artist" is its genre in its decade."""
    released = first_day if each.year is None else first_of_january(each.year)
    decade = date.fromordinal(released + EPOCH).year // 10 * 10
    maker = f"{each.genre.lower().replace(' ', '-')}-{decade}s"
    return Thing(each.title or f"Film {key}", maker, f"{each.genre} of the {decade}s", released)


def _films(ongoing: Import, path: Path, files: Files, film_of: FilmOf) -> dict[str, Film]:
    films: dict[str, Film] = {}
    for line, cells in ongoing.table(path, files.film_layout):
        key, each = film_of(cells)
        column = files.film_layout.columns[0]
        if not key:
            ongoing.bad.add(path, line, f"{column} is empty")
        elif key in films:
            ongoing.bad.add(path, line, f"{column} {key!r} comes a second time")
        else:
            films[key] = each
    return films


def _ratings(ongoing: Import, path: Path, files: Files, plays: Plays) -> None:
    for line, (user, item, rating, time) in ongoing.table(path, files.rating_layout):
        value, second = number_of(rating), second_of(time)
        if not user:
            ongoing.bad.add(path, line, f"{files.rating_layout.columns[0]} is empty")
        elif not is_id(item):
            ongoing.bad.add(path, line, f"{files.rating_layout.columns[1]} {item[:40]!r} is no id")
        elif value is None or not files.lowest <= value <= 5.0:
            ongoing.bad.add(path, line, f"rating {rating!r} is not a number from {files.lowest} to 5.0")
        elif second is None:
            ongoing.bad.add(path, line, f"timestamp {time!r} is not a whole number of seconds since 1970")
        else:
            plays.add(user, item, kind_of(value), second)
