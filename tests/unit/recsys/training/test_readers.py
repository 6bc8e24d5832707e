"""The MovieLens CSV format, and how a format is found and a bad file is refused."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from recsys.domain.events import Kind
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.movielens_csv import MovieLensCsv
from recsys.training.readers.reader import ReadOptions, detect
from recsys.training.readers.registry import READERS, read_dataset
from tests.movielens_sample import MOVIES, RATINGS, sample


def days(year: int, month: int = 1, day: int = 1) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def test_films_become_tracks(tmp_path: Path) -> None:
    catalogue = read_dataset(sample(tmp_path)).catalogue
    assert catalogue.ids == ("1", "10", "2", "30", "4")
    assert catalogue.titles == (
        "Toy Story",
        "City of Lost Children, The (Cité des enfants perdus, La)",
        "The Usual Suspects",
        "Fawlty Towers",
        "No Year At All",
    )
    assert catalogue.released.tolist() == [days(1995), days(1995), days(1995), days(1975), days(2004, 11, 10)]
    names = [catalogue.artist_names[row] for row in catalogue.artist.tolist()]
    assert names[0] == names[1] == "Adventure of the 1990s"
    assert names[2:] == ["Crime of the 1990s", "Comedy of the 1970s", "Unclassified of the 2000s"]
    assert catalogue.markets == ("001",)
    assert (catalogue.licensed == 1).all()


def test_ratings_become_likes_listens_and_skips(tmp_path: Path) -> None:
    data = read_dataset(sample(tmp_path))
    assert data.histories.ids.unpack() == ("12", "7")
    events = data.histories.events_of(1)
    assert [Kind(kind) for kind in events.kinds.tolist()] == [Kind.LIKE, Kind.LISTEN, Kind.SKIP]
    assert [data.catalogue.ids[slot] for slot in events.tracks.tolist()] == ["1", "2", "10"]
    assert events.times.tolist() == [1_000_000_000, 1_000_000_100, 1_000_000_200]


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    def turned(text: str) -> str:
        header, *rows = text.strip().split("\n")
        return "\n".join([header, *reversed(rows)]) + "\n"

    (tmp_path / "other").mkdir()
    straight = read_dataset(sample(tmp_path))
    assert read_dataset(sample(tmp_path / "other", turned(MOVIES), turned(RATINGS))).digest() == straight.digest()


def test_another_rating_gives_another_digest(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    changed = RATINGS.replace("12,1,5.0", "12,1,1.0")
    assert read_dataset(sample(tmp_path)).digest() != read_dataset(sample(tmp_path / "other", ratings=changed)).digest()


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = sample(tmp_path)
    digest = read_dataset(path).digest()
    (path / "movies.csv").write_bytes(b"\xef\xbb\xbf" + MOVIES.replace("\n", "\r\n").encode())
    assert read_dataset(path).digest() == digest


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("7,1,4.0", "wants the 4 columns"),
        ("7,1,4.0,1000000000,9", "wants the 4 columns"),
        (",1,4.0,1000000000", "userId is empty"),
        ("7,,4.0,1000000000", "movieId '' is no id"),
        ("7,1,six,1000000000", "rating 'six' is not a number"),
        ("7,1,nan,1000000000", "rating 'nan' is not a number"),
        ("7,1,5.5,1000000000", "rating '5.5' is not a number from 0.5 to 5.0"),
        ("7,1,4.0,yesterday", "timestamp 'yesterday'"),
        ("7,1,4.0,-5", "timestamp '-5'"),
        ("7,1,4.0,99999999999999", "timestamp '99999999999999'"),
    ],
)
def test_a_bad_rating_is_left_out_counted_and_shown(tmp_path: Path, row: str, why: str) -> None:
    data = read_dataset(sample(tmp_path, ratings=RATINGS + row + "\n"), options=ReadOptions(0.5))
    assert data.event_count == 5
    bad = data.source["bad_rows"]
    assert isinstance(bad, dict)
    assert bad["count"] == 1
    assert why in str(bad["examples"])
    assert "ratings.csv line 7" in str(bad["examples"])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,Again (1999),Drama", "comes a second time"),
        (",No Id,Drama", "movieId is empty"),
        ("6,Two columns", "wants the 3 columns"),
    ],
)
def test_a_bad_film_is_left_out_counted_and_shown(tmp_path: Path, row: str, why: str) -> None:
    data = read_dataset(sample(tmp_path, movies=MOVIES + row + "\n"), options=ReadOptions(0.5))
    assert data.catalogue.size == 5
    assert why in str(data.source["bad_rows"])


def test_text_that_is_not_utf8_is_a_bad_row(tmp_path: Path) -> None:
    path = sample(tmp_path)
    with (path / "movies.csv").open("ab") as stream:
        stream.write(b"8,Caf\xe9 (1990),Drama\n")
    data = read_dataset(path, options=ReadOptions(0.5))
    assert data.catalogue.slot("8") is None
    assert "UTF-8" in str(data.source["bad_rows"])


def test_too_many_bad_rows_stop_the_import(tmp_path: Path) -> None:
    ratings = RATINGS + "7,99,six,1000000000\n" * 7
    with pytest.raises(DatasetError, match=r"7 of 17 rows cannot be used, more than the 40\.0%") as stopped:
        read_dataset(sample(tmp_path, ratings=ratings), options=ReadOptions(0.4))
    assert "ratings.csv line 7: rating 'six'" in str(stopped.value)
    assert read_dataset(tmp_path, options=ReadOptions(7 / 17)).event_count == 5, "the stated share itself is allowed"


@pytest.mark.parametrize(
    ("movies", "ratings", "why"),
    [
        ("film,name\n", RATINGS, "its header must be movieId,title,genres"),
        ("", RATINGS, "its header must be"),
        (MOVIES, "userId,movieId,rating,timestamp\n", "no usable row"),
        (MOVIES, "userId,movieId,rating,timestamp\n7,1,1.0,1000000000\n", "is a listen or a like"),
        (MOVIES, RATINGS + '7,"' + "x" * 200_000 + '",4.0,1000000000\n', "is not CSV"),
    ],
    ids=["header", "empty file", "no rating", "only skips", "endless cell"],
)
def test_a_file_that_is_no_use_is_refused(tmp_path: Path, movies: str, ratings: str, why: str) -> None:
    with pytest.raises(DatasetError, match=why):
        read_dataset(sample(tmp_path, movies, ratings), options=ReadOptions(0.9))


def test_a_path_that_is_not_there_or_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        read_dataset(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="none of the known formats"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="is not movielens-csv"):
        read_dataset(tmp_path, "movielens-csv")
    with pytest.raises(DatasetError, match="is not a format"):
        read_dataset(tmp_path, "parquet")


@dataclass(frozen=True)
class Greedy:
    """A format that takes everything for its own."""

    name: str = "greedy"
    summary: str = ""

    def recognises(self, path: Path) -> bool:
        return True

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        raise NotImplementedError


def test_the_format_is_found_and_doubt_is_an_error(tmp_path: Path) -> None:
    assert isinstance(detect(sample(tmp_path), READERS), MovieLensCsv)
    with pytest.raises(DatasetError, match="several formats"):
        detect(tmp_path, (*READERS, Greedy()))


def test_names_of_formats_are_distinct() -> None:
    names = [reader.name for reader in READERS]
    assert len(set(names)) == len(names)
    assert all(reader.summary for reader in READERS)


def test_a_dataset_from_files_can_be_trained_on(tmp_path: Path) -> None:
    """The whole way, with far too little data for a ranker: the linear scorer is published."""
    from recsys.training.parameters import TrainingParameters
    from recsys.training.train import train

    published = train(read_dataset(sample(tmp_path)), TrainingParameters(holdout=0.2))
    assert "linear" in str(published.details["ranker"])
    assert np.isfinite(published.model.popularity).all()
