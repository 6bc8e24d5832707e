"""Any table of plays: one CSV, TSV or Parquet file, with a column for each role.

| role | meaning | without it |
|---|---|---|
| user, item | ids, at most 128 letters | an error that names the columns there are |
| time | unix time in s, ms, µs or ns (told apart by size), or ISO 8601 | the order is drawn |
| rating | a like from --like-from on, a skip below --skip-below, a listen between | |
| weight | how often or how long: above 0 a listen | every row is a listen |
| event | listen, like or skip | |
| title | of the item; the last one given counts | the item's id |
| artist | the name of the item's artist | each item is by an artist of its own |

The columns are named with --columns; those with usual names are found without. At most one of rating, weight and event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.domain.events import Kind
from recsys.training.dataset import Dataset
from recsys.training.readers.columns import Row, open_table, roles_of
from recsys.training.readers.gather import Import, is_id, number_of
from recsys.training.readers.moments import unix_seconds
from recsys.training.readers.movielens import kind_of
from recsys.training.readers.plays import Plays
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.things import LONGEST_ID, Thing, maker_key

_EVENTS: Final = {"listen": Kind.LISTEN, "like": Kind.LIKE, "skip": Kind.SKIP}
ENDINGS: Final = (".csv", ".tsv", ".txt", ".parquet")


@dataclass(frozen=True, slots=True)
class Table:
    """Reads one file of plays."""

    name: str = "table"
    summary: str = "one .csv, .tsv or .parquet file of plays; --columns says which column is what"

    def recognises(self, path: Path) -> bool:
        """Whether it is a file with one of the endings."""
        return path.is_file() and path.suffix.lower() in ENDINGS

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        table = open_table(path, options.progress)
        roles = roles_of(path, table.columns, options.columns)
        ongoing = Import(self.name, options)
        found = _Found({}, Plays({}, growing=True))
        for place, row in table.rows():
            ongoing.rows += 1
            why = _take(found, row, roles, options)
            if why:
                ongoing.bad.add(path, place, why, table.unit)
        found.plays.sort_items()
        ordered = {key: found.things[key] for key in found.plays.items}
        return ongoing.dataset(found.plays, lambda _days: ordered, path, timed="time" in roles)


@dataclass(frozen=True, slots=True)
class _Found:
    things: dict[str, Thing]
    plays: Plays


def _take(found: _Found, row: Row | None, roles: Mapping[str, str], options: ReadOptions) -> str:
    """Take in a row. Return what is wrong with it, or an empty string."""
    if row is None:
        return "has another number of cells than the header, or is not UTF-8"
    user, item = row[roles["user"]].strip(), row[roles["item"]].strip()
    for name, key in (("user", user), ("item", item)):
        if not is_id(key):
            return f"{name} {key[:40]!r} is not an id of 1 to {LONGEST_ID} printable letters"
    time = unix_seconds(row[roles["time"]]) if "time" in roles else 0
    if time is None:
        return f"time {row[roles['time']]!r} is neither unix time since 1970 nor ISO 8601"
    kind = _kind(row, roles, options)
    if isinstance(kind, str):
        return kind
    found.plays.add(user, item, kind, time)
    title = row[roles["title"]].strip() if "title" in roles else ""
    artist = row[roles["artist"]].strip() if "artist" in roles else ""
    if title or artist or item not in found.things:
        # Where nothing is known of artists, the cap on one must not bind.
        maker = (maker_key(artist), artist) if artist else (maker_key(f"of-{item}"), title or item)
        found.things[item] = Thing(title or item, *maker)
    return ""


def _kind(row: Row, roles: Mapping[str, str], options: ReadOptions) -> Kind | str:
    """Return what happened, or what is wrong with the row."""
    for role, read in _KINDS.items():
        if role in roles:
            cell = row[roles[role]].strip()
            found = read(cell, options)
            return f"{role} {cell!r} {_WANTED[role]}" if found is None else found
    return Kind.LISTEN


def _rated(cell: str, options: ReadOptions) -> Kind | None:
    value = number_of(cell)
    return None if value is None else kind_of(value, options.like_from, options.skip_below)


def _weighed(cell: str, _options: ReadOptions) -> Kind | None:
    value = number_of(cell)
    return None if value is None or value <= 0 else Kind.LISTEN


def _named(cell: str, _options: ReadOptions) -> Kind | None:
    return _EVENTS.get(cell.lower())


_KINDS: Final[dict[str, Callable[[str, ReadOptions], Kind | None]]] = {
    "rating": _rated,
    "weight": _weighed,
    "event": _named,
}
_WANTED: Final = {
    "rating": "is not a number",
    "weight": "is not a number above 0",
    "event": f"is none of {', '.join(_EVENTS)}",
}
