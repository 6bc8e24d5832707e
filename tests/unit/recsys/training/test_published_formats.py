"""Data sets in the exact columns of their releases, with an item that the file of items lacks, or without that file."""

from pathlib import Path

import pytest

from recsys.__main__ import main
from recsys.domain.published import JSON
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.registry import read_dataset

USERS, ITEMS = range(1, 13), range(1, 7)
MISSING = "6"
"""Played by everybody, and without a row in the file of items."""
FLAGS = "|".join("1" if place == 5 else "0" for place in range(19))
BOOKS_NOW = (
    "book_id,goodreads_book_id,best_book_id,work_id,books_count,isbn,isbn13,authors,original_publication_year,"
    "original_title,title,language_code,average_rating,ratings_count,work_ratings_count,work_text_reviews_count,"
    "ratings_1,ratings_2,ratings_3,ratings_4,ratings_5,image_url,small_image_url"
)
BOOKS_FIRST = BOOKS_NOW.replace("book_id,goodreads_book_id,", "id,book_id,")
"""The first release: its ratings name the books by `id`, and `book_id` is Goodreads' own number."""


def _book(number: int) -> str:
    return (
        f"{number},{276_000 + number},{276_000 + number},{279 + number},272,439023483,9.78e+12,"
        f'"Zoë Writer, Other",2008.0,Title {number},"Title {number} (Saga, #{number})",eng,4.34,47,49,15,1,2,3,4,5,http://a,http://b'
    )


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _rated(template: str) -> tuple[str, ...]:
    """A row a play; the ratings and times differ, so that something is liked and something is held out."""
    return tuple(
        template.format(user=user, item=item, rating=3 + (user + item) % 3, time=978_300_000 + 100_000 * user + item)
        for user in USERS
        for item in ITEMS
        if (user + item) % 4
    )


TITLED = [item for item in ITEMS if str(item) != MISSING]
ML_100K = {
    "u.item": _lines(*(f"{n}|Café {n} (1995)|01-Jan-1995||http://us.imdb.com/M/{n}|{FLAGS}" for n in TITLED)),
    "u.data": _lines(*_rated("{user}\t{item}\t{rating}\t{time}")),
}
ML_1M = {
    "movies.dat": _lines(*(f"{n}::Misérables, Les: {n} (1995)::Drama|Musical" for n in TITLED)),
    "ratings.dat": _lines(*_rated("{user}::{item}::{rating}::{time}")),
}
HETREC = {
    "artists.dat": _lines(
        "id\tname\turl\tpictureURL", *(f"{n}\tBjörk {n}\thttp://l/{n}\thttp://p/{n}" for n in TITLED)
    ),
    "user_artists.dat": _lines("userID\tartistID\tweight", *_rated("{user}\t{item}\t{rating}")),
}
GOODBOOKS = {
    "books.csv": _lines(BOOKS_NOW, *map(_book, TITLED)),
    "ratings.csv": _lines("user_id,book_id,rating", *_rated("{user},{item},{rating}")),
}
GOODBOOKS_FIRST = {
    "books.csv": _lines(BOOKS_FIRST, *map(_book, TITLED)),
    "ratings.csv": _lines("book_id,user_id,rating", *_rated("{item},{user},{rating}")),
}
ML_CSV = {
    "movies.csv": _lines("movieId,title,genres", *(f"{n},Café {n} (1995),Drama" for n in TITLED)),
    "ratings.csv": _lines("userId,movieId,rating,timestamp", *_rated("{user},{item},{rating},{time}")),
}
Case = tuple[str, dict[str, str], str, str]
CASES: list[Case] = [
    ("movielens-100k", ML_100K, "latin-1", "Film"),
    ("movielens-1m", ML_1M, "latin-1", "Film"),
    ("hetrec-lastfm", HETREC, "utf-8", "Artist"),
    ("goodbooks", GOODBOOKS, "utf-8", "Book"),
    ("goodbooks", GOODBOOKS_FIRST, "utf-8", "Book"),
    ("movielens-csv", ML_CSV, "utf-8", "Film"),
]
each_format = pytest.mark.parametrize(
    "case", CASES, ids=["100k", "1m", "hetrec", "goodbooks", "first-goodbooks", "csv"]
)


def laid(folder: Path, case: Case, leave_out: str = "") -> Path:
    for name, text in case[1].items():
        if name != leave_out:
            (folder / name).write_bytes(text.encode(case[2]))
    return folder


def untitled(data: Dataset) -> dict[str, JSON]:
    found = data.source["items_without_row"]
    assert isinstance(found, dict)
    return found


@each_format
def test_an_item_without_a_row_is_shown_by_its_id_and_counted(tmp_path: Path, case: Case) -> None:
    data = read_dataset(laid(tmp_path, case))
    assert data.source["format"] == case[0]
    assert data.source["bad_rows"] == {"count": 0, "examples": []}
    assert data.catalogue.ids == ("1", "2", "3", "4", "5", "6")
    assert data.catalogue.titles[5] == f"{case[3]} 6"
    assert not any(title.startswith(case[3]) for title in data.catalogue.titles[:5])
    found = untitled(data)
    assert (found["count"], found["named"], found["examples"], found["file_found"]) == (1, 6, ["6"], True)


@each_format
def test_without_the_file_of_items_all_are_shown_by_their_ids(tmp_path: Path, case: Case) -> None:
    whole = read_dataset(laid(tmp_path, case))
    (tmp_path / "plays").mkdir()
    items = next(iter(case[1]))
    data = read_dataset(laid(tmp_path / "plays", case, leave_out=items))
    assert data.source["format"] == case[0]
    assert data.catalogue.titles == tuple(f"{case[3]} {item}" for item in ITEMS)
    assert (untitled(data)["count"], untitled(data)["file"], untitled(data)["file_found"]) == (6, items, False)
    assert data.event_count == whole.event_count


@each_format
def test_the_items_of_another_data_set_are_refused(tmp_path: Path, case: Case) -> None:
    items = next(iter(case[1]))
    # Without the last three lines it says nothing of four of the six.
    shorter = (case[0], {**case[1], items: _lines(*case[1][items].splitlines()[:-3])}, *case[2:])
    with pytest.raises(
        DatasetError, match=r"4 of the 6 items that .* have no row in .* more than the 50\.0%.* such as 3, 4, 5, 6"
    ) as refused:
        read_dataset(laid(tmp_path, shorter))
    assert "--max-untitled" in str(refused.value)
    assert read_dataset(tmp_path, options=ReadOptions(max_untitled_share=1.0)).event_count > 0


@each_format
def test_it_is_trained_on_and_judged(tmp_path: Path, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    data, model = laid(tmp_path / "data", case), tmp_path / "model"
    assert main(["train", "--data", str(data), "--output", str(model), "--holdout", "0.4", "--quiet"]) == 0
    said = capsys.readouterr()
    assert "1 of 6 items with plays have no row in" in said.err
    assert "such as 6" in said.err
    assert main(["evaluate", "--data", str(data), "--artifact", str(model), "--k", "2"]) == 0
    assert "served" in capsys.readouterr().out


@pytest.mark.parametrize("case", [CASES[0], CASES[1], CASES[2]], ids=["100k", "1m", "hetrec"])
def test_the_file_of_plays_stands_for_its_directory(tmp_path: Path, case: Case) -> None:
    folder = laid(tmp_path, case)
    plays = folder / list(case[1])[1]
    assert read_dataset(plays).digest() == read_dataset(folder).digest()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_out_of_range_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(DatasetError, match="the share of untitled items"):
        read_dataset(laid(tmp_path, CASES[0]), options=ReadOptions(max_untitled_share=share))
