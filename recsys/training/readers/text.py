"""Rows of delimited text files, with their line numbers: what the formats that are text share."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from recsys.training.errors import DatasetError
from recsys.training.progress import Progress

TELL_EVERY: Final = 20_000
"""Rows between two words of progress."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written.

    columns: the names of the cells; with `header` the first line must hold them, in this order. delimiter: one letter,
    or more for files without quoting, such as "::". quoted: whether a cell may stand in double quotes. latin: whether
    bytes that are not UTF-8 are ISO 8859-1 (old data sets); without it a row with such bytes is a bad one.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    header: bool = True
    quoted: bool = True
    latin: bool = False


def rows(path: Path, layout: Layout, progress: Progress) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and cells of each row after the header; None for a row of another width or encoding.

    Line numbers count from 1; a row that spans lines has its last one. Raises `DatasetError` for a wrong header and for
    what is no such file at all, `OSError` for one that cannot be read.
    """
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", "surrogateescape", "") as stream:
        lines = _cells(stream, path, layout)
        if layout.header:
            found = tuple(next(lines, (1, []))[1])
            if found != layout.columns:
                wanted = layout.delimiter.join(layout.columns)
                raise DatasetError(f"{path} begins with {list(found)!r}; its header must be {wanted}")
        progress.working(f"reading {path.name}", 0, 0.0)
        for count, (line, cells) in enumerate(lines, 1):
            if count % TELL_EVERY == 0:
                progress.working(f"reading {path.name}", count, raw.tell() / size)
            yield line, _sound(cells, layout)


def header_of(path: Path) -> tuple[str, ...]:
    """Return the cells of the first line of a CSV file, () of an empty one. Raises `OSError`."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        return tuple(next(csv.reader(stream), ()))


def _cells(stream: TextIO, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each line that is not empty."""
    if not layout.quoted:
        for line, text in enumerate(stream, 1):
            if bare := text.rstrip("\r\n"):
                yield line, bare.split(layout.delimiter)
        return
    reader = csv.reader(stream, delimiter=layout.delimiter)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise DatasetError(f"{path} is not CSV: {error}") from error


def _sound(cells: list[str], layout: Layout) -> list[str] | None:
    if len(cells) != len(layout.columns) or any("\0" in cell for cell in cells):
        return None
    if not any(map(_is_escaped, cells)):
        return [cell.strip() for cell in cells]
    if not layout.latin:
        return None
    return [cell.encode("utf-8", "surrogateescape").decode("latin-1").strip() for cell in cells]


def _is_escaped(cell: str) -> bool:
    """Whether a byte that is not UTF-8 was escaped into the text."""
    return not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell)
