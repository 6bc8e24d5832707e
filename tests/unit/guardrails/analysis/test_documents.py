"""Places in JSON documents, what is left out, and the first difference."""

import pytest

from guardrails.analysis.answers.documents import JSON, at, difference, steps, without
from guardrails.errors import ConfigurationError

ANSWER: JSON = {"id": "r1", "items": [{"id": "a", "score": 0.5}, {"id": "b", "score": 0.25}], "user": {"id": 7}}


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("items[].id", ["a", "b"]),
        ("items[].none", []),
        ("items", [[{"id": "a", "score": 0.5}, {"id": "b", "score": 0.25}]]),
        ("user.id", [7]),
        ("none[].id", None),
        ("id[].x", None),
        ("user.none", None),
    ],
)
def test_places(place: str, values: list[JSON] | None) -> None:
    assert at(ANSWER, steps(place, "k")) == values


def test_a_place_in_a_list_at_the_top() -> None:
    assert at([{"id": 1}, {"id": 2}], steps("[].id", "k")) == [1, 2]


@pytest.mark.parametrize("place", ["", "a..b", "a[0].b", ".a", "a b", "a[]b"])
def test_what_is_no_place_is_told_with_its_key(place: str) -> None:
    with pytest.raises(ConfigurationError, match=r"behaviour\.items"):
        steps(place, "behaviour.items")


def test_fields_are_left_out_by_name_and_by_place() -> None:
    assert without(ANSWER, frozenset({"score", "user"})) == {"id": "r1", "items": [{"id": "a"}, {"id": "b"}]}
    assert without(ANSWER, frozenset({"items[].id", "user.id"})) == {
        "id": "r1", "items": [{"score": 0.5}, {"score": 0.25}], "user": {}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (ANSWER, ANSWER, ""),
        ({"a": 1.0}, {"a": 1}, ""),
        ({"a": 1.0}, {"a": 1.0 + 1e-8}, ""),
        ({"a": 1.0}, {"a": 1.001}, "a is 1.001, and was 1"),
        ({"a": 1}, {"a": True}, "a is True, and was 1"),
        ({"a": None}, {}, "the field 'a' is gone"),
        ({"x": [{"a": 1}]}, {"x": [{"b": 1}]}, "the field 'a' in x[0] is gone, and the field 'b' in x[0] is new"),
        ({"x": [1, 2]}, {"x": [1]}, "x has 1 elements, and had 2"),
        ({"x": [1, 2]}, {"x": [1, 3, 4]}, "x[1] is 3, and was 2"),
        ({"x": "a"}, {"x": ["a"]}, "x is a list, and was 'a'"),
        ("a", "b", "the answer is 'b', and was 'a'"),
        ([], {}, "the answer is an object, and was a list"),
    ],
)
def test_the_first_difference_in_words(before: JSON, after: JSON, words: str) -> None:
    assert difference(before, after, 1e-6) == words
