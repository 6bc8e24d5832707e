"""Tables of text: a CSV, TSV or Parquet file as rows of named cells, and which column is what."""

import csv
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from recsys.training.errors import DatasetError
from recsys.training.progress import Progress
from recsys.training.readers.text import Layout, rows

Row: TypeAlias = Mapping[str, str]
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "user": ("user", "user_id", "userid", "uid", "listener_id", "customer_id", "visitor_id", "session_id"),
    "item": ("item", "item_id", "itemid", "iid", "track_id", "trackid", "song_id", "songid", "movie_id", "product_id"),
    "time": ("time", "timestamp", "ts", "unixtime", "datetime", "date", "created_at", "occurred_at", "played_at"),
    "rating": ("rating", "stars", "score"),
    "weight": ("weight", "count", "plays", "play_count", "playcount", "listens"),
    "event": ("event", "event_type", "kind", "action"),
    "title": ("title", "track_name", "song_title", "item_title", "name"),
    "artist": ("artist", "artist_name", "author", "authors", "creator"),
}
"""The roles, each with names by which a column is found: compared without case, `-` and space as `_`."""
KINDS: Final = ("rating", "weight", "event")
SAMPLE: Final = 64 * 1024
BATCH: Final = 16_384


@dataclass(frozen=True, slots=True)
class OpenTable:
    """columns: their names. rows: gives place and cells of each row, None for one that cannot be read. unit: of the
    places, "line" or "row"."""

    columns: tuple[str, ...]
    rows: Callable[[], Iterator[tuple[int, Row | None]]]
    unit: str


def roles_of(path: Path, columns: tuple[str, ...], named: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each role that has one: those that are named, then those with usual names.

    Raises `DatasetError` for a role that is unknown, a column that is not there, and where user or item stays open.
    """
    there = ", ".join(columns)
    for role, column in named.items():
        if role not in ROLES:
            raise DatasetError(f"--columns: {role!r} is no role; the roles are {', '.join(ROLES)}")
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise DatasetError(f"--columns: {path} has no column {column!r}.{hint} Its columns are {there}")
    usual = {_plain(column): column for column in reversed(columns) if column not in named.values()}
    roles = dict(named)
    for role, names in ROLES.items():
        taken = role in KINDS and any(kind in roles for kind in KINDS)
        found = next((usual[name] for name in names if name in usual), None)
        if role not in roles and found is not None and not taken and found not in roles.values():
            roles[role] = found
    if several := [kind for kind in KINDS if kind in roles][1:]:
        raise DatasetError(f"--columns: {several[0]} and another of {', '.join(KINDS)} are named; name one of them")
    for role in ("user", "item"):
        if role not in roles:
            raise DatasetError(
                f"{path}: which column is the {role}? Its columns are {there}. Say it: --columns {role}=COLUMN"
            )
    return roles


def open_table(path: Path, progress: Progress) -> OpenTable:
    """Open a table by its ending. Raises `DatasetError` for what is none, and where its reader is not installed."""
    return _parquet(path, progress) if path.suffix.lower() == ".parquet" else _text(path, progress)


def _text(path: Path, progress: Progress) -> OpenTable:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline(SAMPLE)
    if not first.strip():
        raise DatasetError(f"{path} begins with an empty line; the first line must name each column")
    delimiter = max("\t,;|", key=first.count) if any(mark in first for mark in "\t,;|") else ","
    columns = tuple(next(csv.reader([first], delimiter=delimiter), []))
    if not columns or not all(columns) or len(set(columns)) != len(columns):
        raise DatasetError(
            f"{path} begins with {list(columns)!r}; the first line must name each column, and differently"
        )

    def each() -> Iterator[tuple[int, Row | None]]:
        for line, cells in rows(path, Layout(columns, delimiter), progress):
            yield line, None if cells is None else dict(zip(columns, cells, strict=True))

    return OpenTable(columns, each, "line")


def _parquet(path: Path, progress: Progress) -> OpenTable:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise DatasetError(
            f"{path}: reading Parquet needs pyarrow. Install it: pip install 'recsys-guardrails[parquet]'"
        ) from error
    try:
        file = parquet.ParquetFile(path)
    except ArrowException as error:
        raise DatasetError(f"{path} is not Parquet: {error}") from error

    def each() -> Iterator[tuple[int, Row | None]]:
        place, total = 0, max(file.metadata.num_rows, 1)
        progress.working(f"reading {path.name}", 0, 0.0)
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                place += 1
                yield place, {name: _cell(value) for name, value in row.items()}
            progress.working(f"reading {path.name}", place, place / total)

    return OpenTable(tuple(file.schema_arrow.names), each, "row")


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a Parquet column holds
    if value is None:
        return ""
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
