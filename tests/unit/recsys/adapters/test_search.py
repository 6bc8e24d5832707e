"""Search: the axioms that hold for every text, and filters that come before the limit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.adapters import search_file
from recsys.adapters.search import WORD, TantivySearch, _folded, words_of
from recsys.domain.items import Catalogue
from tests.recsys_fakes import Track, make_catalogue

TITLES = (
    "Love", "Love Me Do", "Do Me", "LOVE  love", "Señorita", "Straße", "???", "!!!", "\uff26\uff55\uff4c\uff4c width",
    "99 Luftballons", "夜に駆ける", "Love", "no words in common", "", "the the the",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(["love", "me", "do", "the", "senorita", "99", "夜に駆ける", "absent"]), max_size=4)


def catalogue() -> Catalogue:
    tracks = [Track(f"t{n:02d}", artist=f"a{n % 3}") for n in range(len(TITLES))]
    return replace(make_catalogue(tracks), titles=TITLES, artist_names=("Björk", "The The", "Do"))


@pytest.fixture(scope="module", params=["built", "from a file"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TantivySearch:
    if request.param == "built":
        return TantivySearch(catalogue())
    file = tmp_path_factory.mktemp("search") / "search.index"
    search_file.write(file, catalogue(), "1")
    return search_file.read(file, replace(catalogue(), titles=("x",) * len(TITLES)), "1")


ALL = np.ones(len(TITLES), dtype=np.bool_)


def found(index: TantivySearch, text: str, limit: int = 100) -> list[int]:
    slots = index.search(text, limit, ALL)
    assert slots.dtype == np.int32
    return [int(slot) for slot in slots]


@pytest.mark.parametrize("slot", [slot for slot, title in enumerate(TITLES) if title])
def test_a_title_finds_its_own_track(index: TantivySearch, slot: int) -> None:
    first = found(index, TITLES[slot])[0]
    assert words_of(TITLES[first]) == words_of(TITLES[slot])
    assert slot in found(index, TITLES[slot])


def test_a_title_that_is_the_query_comes_before_a_longer_one_by_an_artist_of_that_name() -> None:
    titles = ("Moon river", "Moon", *(f"Moon {number}" for number in range(50)))
    tracks = [Track(f"t{row:02d}", artist=f"a{min(row, 1)}") for row in range(len(titles))]
    moon = TantivySearch(replace(make_catalogue(tracks), titles=titles, artist_names=("Moon", "Nobody")))
    assert [int(slot) for slot in moon.search("moon", 2, np.ones(len(titles), dtype=np.bool_))] == [1, 0]


def test_equal_matches_come_by_slot(index: TantivySearch) -> None:
    assert found(index, "love")[:3] == [0, 3, 11]


def test_an_artist_finds_the_artists_tracks(index: TantivySearch) -> None:
    assert sorted(found(index, "bjork")) == [0, 3, 6, 9, 12]


def test_every_word_must_occur_in_title_or_artist(index: TantivySearch) -> None:
    assert found(index, "love bjork") == [0, 3]
    assert found(index, "love absent") == []


@pytest.mark.parametrize("text", ["", " ", "\t\n", "¿"])
def test_text_without_a_match_finds_nothing(index: TantivySearch, text: str) -> None:
    assert found(index, text) == []


@given(WORDS.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words * 2))))
def test_space_case_order_and_repetition_change_nothing(
    index: TantivySearch, words: tuple[list[str], list[str]]
) -> None:
    plain, shuffled = words
    assert found(index, "  \t".join(word.upper() for word in shuffled) + " ") == found(index, " ".join(plain))


@given(WORDS, st.sampled_from(["love", "me", "the"]))
def test_a_further_word_only_narrows(index: TantivySearch, words: list[str], further: str) -> None:
    if words:
        assert set(found(index, " ".join([*words, further]))) <= set(found(index, " ".join(words)))


@given(st.text(max_size=12))
def test_any_text_is_answered(index: TantivySearch, text: str) -> None:
    slots = found(index, text)
    assert len(set(slots)) == len(slots)


@given(st.sets(st.integers(0, len(TITLES) - 1)), st.integers(0, 5))
def test_filters_come_before_the_limit(index: TantivySearch, allowed: set[int], limit: int) -> None:
    mask = np.zeros(len(TITLES), dtype=np.bool_)
    mask[sorted(allowed)] = True
    expected = [slot for slot in found(index, "love") if slot in allowed][:limit]
    assert [int(slot) for slot in index.search("love", limit, mask)] == expected


def test_the_last_of_many_matches_is_reached() -> None:
    tracks = [Track(f"t{n:04d}") for n in range(2_000)]
    many = TantivySearch(replace(make_catalogue(tracks), titles=("same",) * 2_000))
    mask = np.zeros(2_000, dtype=np.bool_)
    mask[[0, 1_999]] = True
    assert many.search("same", 2, mask).tolist() == [0, 1_999]
    assert many.search("same", 5, ALL.repeat(200)[:2_000]).tolist() == [0, 1, 2, 3, 4]


def test_an_empty_catalogue_is_searched() -> None:
    empty = TantivySearch(make_catalogue([]))
    assert empty.search("love", 5, np.zeros(0, dtype=np.bool_)).tolist() == []


@pytest.mark.parametrize(
    "text", ["", "Abba", "Don't stop, ME now!", "a_b 12 a12", "??? \t", "".join(map(chr, range(128)))]
)
def test_plain_text_is_folded_as_any_other(text: str) -> None:
    slow = _folded(text)
    words = tuple(sorted(set(WORD.findall(slow)))) or tuple(["".join(slow.split())] if slow.strip() else [])
    assert words_of(text) == words
