"""Names that pass themselves off as others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.analysis.dependencies.lookalike import KNOWN, TARGETS, edits, imitated
from guardrails.analysis.dependencies.popular import NAMES

WORDS = st.text("abc-1", max_size=8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reqeusts", ("requests", True)),
        ("requestss", ("requests", True)),
        ("reqests", ("requests", True)),
        ("python-requests", ("requests", False)),
        ("pythondateutil", ("python-dateutil", True)),
        ("dateutil-python", ("python-dateutil", False)),
        ("scikit-1earn", ("scikit-learn", True)),
        ("beautifullsoup5", ("beautifulsoup4", False)),
        ("shopcore", ("shop-core", True)),
        ("shop-corre", ("shop-core", True)),
    ],
)
def test_a_name_close_to_another_is_seen(name: str, expected: tuple[str, bool]) -> None:
    assert imitated(name, beside=("shop-core",)) == expected


@pytest.mark.parametrize("name", ["requests", "boto4", "fast-vector-rank", "rank", "websockets"])
def test_other_names_are_not(name: str) -> None:
    assert imitated(name) is None


def test_a_known_name_is_never_seen() -> None:
    assert imitated("reqeusts", known=("reqeusts",)) is None
    assert [name for name in NAMES if imitated(name)] == []


def test_the_list_is_a_plain_list_of_canonical_names() -> None:
    assert len(KNOWN) == len(NAMES) > 2000
    assert len(TARGETS) == 400
    assert [name for name in NAMES if name != name.lower() or "_" in name or "." in name] == []


@given(WORDS, WORDS)
def test_edits_are_a_distance_up_to_the_limit(one: str, other: str) -> None:
    assert edits(one, other, 9) == edits(other, one, 9)
    assert (edits(one, other, 9) == 0) is (one == other)
    assert edits(one, other, 1) == min(edits(one, other, 9), 2)


def test_a_swap_of_neighbours_is_one_edit() -> None:
    assert edits("abcd", "abdc", 2) == 1
    assert edits("abcd", "badc", 2) == 2
