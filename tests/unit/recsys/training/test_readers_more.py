"""The formats beside MovieLens CSV: what becomes of their rows, and what is said of the bad ones."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recsys.domain.events import Kind
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.registry import read_dataset

ML_1M = {
    "movies.dat": "1::Toy Story (1995)::Animation|Comedy\n2::Misérables, Les (1995)::Drama|Musical\n3::::Drama\n",
    "ratings.dat": "1::1::5::978300760\n1::2::3::978302109\n2::1::2::978301968\n2::3::4::978300275\n",
}
FLAGS = "|".join("1" if place == 5 else "0" for place in range(19))
ML_100K = {
    "u.item": f"1|Toy Story (1995)|01-Jan-1995||http://x|{FLAGS}\n2|Café (1990)|01-Jan-1990||http://y|{FLAGS}\n",
    "u.data": "196\t2\t3\t881250949\n186\t1\t4\t891717742\n",
}
HETREC = {
    "artists.dat": "id\tname\turl\tpictureURL\n1\tMALICE MIZER\thttp://a\thttp://b\n2\t\thttp://c\t\n3\tDiary\tu\tp\n",
    "user_artists.dat": "userID\tartistID\tweight\n2\t1\t13883\n2\t2\t10\n3\t3\t1\n3\t1\t0\n3\t2\t-4\n",
}
GOODBOOKS = {
    "books.csv": "book_id,goodreads_book_id,work_id,authors,original_publication_year,original_title,title\n"
    '1,2767052,99,"Suzanne Collins, Other",2008.0,The Hunger Games,"The Hunger Games (#1)"\n'
    "2,3,99,Suzanne Collins,2010.0,,\n"
    "3,5,7,Homer,-750.0,The Iliad,\n",
    "ratings.csv": "user_id,book_id,rating\n1,1,5\n1,2,3\n2,1,1\n2,3,4\n2,3,4\n",
}


def laid(folder: Path, files: dict[str, str], encoding: str = "utf-8") -> Path:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def acts(data: Dataset, user: str) -> list[tuple[str, Kind]]:
    row = data.histories.row(user)
    assert row is not None
    events = data.histories.events_of(row)
    return [
        (data.catalogue.ids[s], Kind(k)) for s, k in zip(events.tracks.tolist(), events.kinds.tolist(), strict=True)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_movielens_1m(tmp_path: Path, encoding: str) -> None:
    data = read_dataset(laid(tmp_path, ML_1M, encoding))
    assert data.source["format"] == "movielens-1m"
    assert data.catalogue.titles == ("Toy Story", "Misérables, Les", "Film 3")
    assert acts(data, "1") == [("1", Kind.LIKE), ("2", Kind.LISTEN)]
    assert acts(data, "2") == [("3", Kind.LIKE), ("1", Kind.SKIP)]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_movielens_100k(tmp_path: Path, encoding: str) -> None:
    data = read_dataset(laid(tmp_path, ML_100K, encoding))
    assert data.source["format"] == "movielens-100k"
    assert data.catalogue.titles == ("Toy Story", "Café")
    assert data.catalogue.artist_names == ("Comedy of the 1990s",)
    assert acts(data, "186") == [("1", Kind.LIKE)]
    assert acts(data, "196") == [("2", Kind.LISTEN)]


def test_hetrec_has_weights_and_no_time(tmp_path: Path) -> None:
    data = read_dataset(laid(tmp_path, HETREC), options=ReadOptions(0.3))
    assert data.source["format"] == "hetrec-lastfm"
    assert data.catalogue.titles == ("MALICE MIZER", "Artist 2", "Diary")
    assert sorted(acts(data, "2")) == [("1", Kind.LIKE), ("2", Kind.LISTEN)]
    assert acts(data, "3") == [("3", Kind.LIKE)]
    assert "drawn" in str(data.source["time"])
    bad = str(data.source["bad_rows"])
    assert "user_artists.dat line 5: weight '0' is not a number above 0" in bad
    assert "weight '-4'" in bad


def test_goodbooks_has_authors_editions_and_no_time(tmp_path: Path) -> None:
    data = read_dataset(laid(tmp_path, GOODBOOKS))
    catalogue = data.catalogue
    assert data.source["format"] == "goodbooks"
    assert catalogue.titles == ("The Hunger Games (#1)", "Book 2", "The Iliad")
    assert catalogue.artist_names == ("Homer", "Suzanne Collins")
    assert catalogue.recording.tolist() == [0, 0, 2], "two editions of one work are one recording"
    assert catalogue.released[2] < catalogue.released[0] < catalogue.released[1]
    assert data.source["repeated_rows"] == 1
    assert data.event_count == 4


def test_a_header_of_another_release_is_read_and_one_without_authors_is_refused(tmp_path: Path) -> None:
    short = {**GOODBOOKS, "books.csv": "book_id,title,authors\n1,One,A\n2,Two,B\n3,Three,C\n"}
    assert read_dataset(laid(tmp_path, short)).catalogue.titles == ("One", "Two", "Three")
    with pytest.raises(DatasetError, match=r"books.csv has no column 'authors'"):
        read_dataset(laid(tmp_path, {"books.csv": "book_id,title\n1,One\n"}))


def test_drawn_times_depend_on_the_ids_alone(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    head, *rows = GOODBOOKS["ratings.csv"].splitlines()
    turned = {**GOODBOOKS, "ratings.csv": "\n".join([head, *reversed(rows), "9,1,5"])}
    one, two = (read_dataset(laid(tmp_path / name, files)) for name, files in (("one", GOODBOOKS), ("two", turned)))
    assert one.histories.events_of(0).times.tolist() == two.histories.events_of(0).times.tolist()
    times = two.histories.events.times
    assert times.min() > two.catalogue.released.max() * 86_400, "all is played after all is released"
    assert times.max() - times.min() < 86_400
    assert len(set(times.tolist())) == times.shape[0]


TABLE = """listener,song_id,ts,plays,song_title,artist_name
9007199254740993,s1,2024-03-01T10:00:00Z,3,"Song, One",The Band
9007199254740993,s2,1709287300,1,Two,The Band
007,s1,1709287400000,2,,
007,s3,2024-03-01 11:00:00+01:00,1,,
"""


def table(folder: Path, text: str, name: str = "plays.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_table_with_named_and_with_usual_columns(tmp_path: Path) -> None:
    data = read_dataset(table(tmp_path, TABLE), options=ReadOptions(columns={"user": "listener"}))
    assert data.source["format"] == "table"
    assert data.histories.ids.unpack() == ("007", "9007199254740993"), "ids are text: no digit and no zero is lost"
    assert data.catalogue.titles == ("Song, One", "Two", "s3")
    assert data.catalogue.artist_names == ("s3", "The Band")
    assert acts(data, "9007199254740993") == [("s1", Kind.LISTEN), ("s2", Kind.LISTEN)]
    seven = data.histories.events_of(0)
    at = datetime(2024, 3, 1, 10, tzinfo=UTC).timestamp()
    assert seven.times.tolist() == [at, 1_709_287_400]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "user,item,rating\nu1,a,5\nu1,b,1\nu2,a,3\n".replace(",", delimiter)
    data = read_dataset(table(tmp_path, text, "plays.tsv"))
    assert sorted(acts(data, "u1")) == [("a", Kind.LIKE), ("b", Kind.SKIP)]
    assert acts(data, "u2") == [("a", Kind.LISTEN)]


def test_thresholds_of_another_scale(tmp_path: Path) -> None:
    data = read_dataset(
        table(tmp_path, "user,item,rating\nu1,a,9\nu1,b,6\nu1,c,4\n"), options=ReadOptions(like_from=8, skip_below=5)
    )
    assert sorted(acts(data, "u1")) == [("a", Kind.LIKE), ("b", Kind.LISTEN), ("c", Kind.SKIP)]


def test_events_by_name(tmp_path: Path) -> None:
    data = read_dataset(table(tmp_path, "user,item,event\nu1,a,Like\nu1,b,listen\nu1,c,skip\n"))
    assert {kind for _, kind in acts(data, "u1")} == {Kind.LIKE, Kind.LISTEN, Kind.SKIP}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",s1,1709287300,1", "line 3: user '' is not an id"),
        ("u1,,1709287300,1", "item '' is not an id"),
        (f"{'u' * 129},s1,1709287300,1", "is not an id of 1 to 128"),
        ("u1,s1,yesterday,1", "time 'yesterday' is neither"),
        ("u1,s1,-5,1", "time '-5' is neither"),
        ("u1,s1,1709287300,0", "weight '0' is not a number above 0"),
        ("u1,s1,1709287300,-2", "weight '-2' is not a number above 0"),
        ("u1,s1,1709287300,nan", "weight 'nan' is not a number above 0"),
        ("u1,s1,1709287300", "has another number of cells"),
    ],
)
def test_a_bad_row_of_a_table_is_left_out_counted_and_shown(tmp_path: Path, row: str, why: str) -> None:
    path = table(tmp_path, f"user,item,time,weight\nu1,s1,1709287300,1\n{row}\n")
    data = read_dataset(path, options=ReadOptions(0.5))
    assert data.event_count == 1
    assert why in str(data.source["bad_rows"])
    with pytest.raises(DatasetError, match="1 of 2 rows cannot be used"):
        read_dataset(path)


@pytest.mark.parametrize(
    ("text", "columns", "why"),
    [
        ("a,b\n1,2\n", {}, "which column is the user"),
        ("user,b\n1,2\n", {}, "which column is the item"),
        ("user,item\n1,2\n", {"user": "usr"}, "no column 'usr'. Did you mean 'user'"),
        ("user,item\n1,2\n", {"usr": "user"}, "'usr' is no role"),
        ("user,item,r,w\n1,2,3,4\n", {"rating": "r", "weight": "w"}, "name one of them"),
        ("user,user\n1,2\n", {}, "must name each column"),
        ("", {}, "must name each column"),
        ("user,item\n", {}, "no usable row"),
    ],
)
def test_a_table_that_is_no_use_is_refused(tmp_path: Path, text: str, columns: dict[str, str], why: str) -> None:
    with pytest.raises(DatasetError, match=why):
        read_dataset(table(tmp_path, text), options=ReadOptions(columns=columns))


def test_columns_are_for_tables(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--columns is for tables"):
        read_dataset(laid(tmp_path, ML_1M), options=ReadOptions(columns={"user": "UserID"}))


def test_parquet_is_read_like_text(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is absent: install the extra `parquet` to test its reader")
    from pyarrow import parquet

    when = [datetime(2024, 3, 1, 10, tzinfo=UTC), datetime(2024, 3, 2, 10, tzinfo=UTC), None]
    made = arrow.table({"user": [2**62 + 1, 5, 5], "item": ["a", "b", "c"], "time": when, "plays": [1.0, 2.5, 1.0]})
    parquet.write_table(made, tmp_path / "plays.parquet")
    data = read_dataset(tmp_path / "plays.parquet", options=ReadOptions(0.5))
    assert data.histories.ids.unpack() == (str(2**62 + 1), "5")
    assert data.histories.events.times.tolist() == [when[0].timestamp(), when[1].timestamp()]  # type: ignore[union-attr]
    assert "plays.parquet row 3: time '' is neither" in str(data.source["bad_rows"])
    (tmp_path / "not.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DatasetError, match="is not Parquet"):
        read_dataset(tmp_path / "not.parquet")


@pytest.mark.parametrize(
    ("make", "files"),
    [(ML_1M, "ratings.dat"), (ML_100K, "u.data"), (HETREC, "user_artists.dat"), (GOODBOOKS, "ratings.csv")],
    ids=["ml-1m", "ml-100k", "hetrec", "goodbooks"],
)
def test_too_many_bad_rows_stop_every_import(tmp_path: Path, make: dict[str, str], files: str) -> None:
    laid(tmp_path, {**make, files: make[files] + "no row at all\n" * 9})
    with pytest.raises(DatasetError, match=r"rows cannot be used, more than the 1\.0%"):
        read_dataset(tmp_path)


def test_reading_says_how_far_it_is(tmp_path: Path) -> None:
    import io

    from recsys.training.progress import Lines

    now = iter(np.arange(0.0, 100.0, 3.0).tolist())
    said = io.StringIO()
    rows = "".join(f"u{number % 50},i{number % 70},5\n" for number in range(100_000))
    lines = Lines(said, began=0.0, clock=lambda: next(now))
    read_dataset(table(tmp_path, "user,item,rating\n" + rows), options=ReadOptions(progress=lines))
    assert "reading plays.csv: 40,000 so far" in said.getvalue()
    assert "a second" in said.getvalue()
    assert "s remain" in said.getvalue()


@pytest.mark.parametrize("write", [lambda p: p.write_bytes(b"\xff\xfe\x00garbage"), lambda p: p.mkdir()])
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, write: Callable[[Path], object]) -> None:
    write(tmp_path / "plays.csv")
    with pytest.raises(DatasetError):
        read_dataset(tmp_path / "plays.csv")
