"""Why items moved, read from what both services say: kept short, and nothing else than what differs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.analysis.answers import reasons
from guardrails.analysis.answers.reasons import Explained, explained, moved_items, whole_answer
from guardrails.analysis.answers.requests import Asked
from guardrails.model.example import Moved, Reason

_WAY = ("items", "[]", "id")


def item(name: str, **said: Any) -> dict[str, Any]:
    return {"id": name, "title": f"Song {name}", **said}


def told(*items: Mapping[str, Any], ignore: frozenset[str] = frozenset(), **whole: Any) -> Explained:
    found = explained({"items": list(items), **whole}, _WAY, ignore)
    assert found is not None
    return found


def of(name: str, base: Explained, head: Explained) -> Moved:
    (found,) = [one for one in moved_items(base, head, 1e-9) if one.item == name]
    return found


def test_what_differs_of_an_item_that_moved_is_told_and_nothing_else() -> None:
    why = {"features": {"fresh": 0.5, "liked": 2, "same": 1}, "rules": ["capped"]}
    base = told(item("a", score=0.9), item("b", score=0.3, place=2, sources=["popular"], explanation=why))
    new = {"features": {"fresh": 0.6, "liked": 9, "same": 1 + 1e-12}, "rules": []}
    head = told(item("b", score=0.95, place=1, sources=["popular", "new"], explanation=new), item("a", score=0.9))
    assert of("b", base, head) == Moved(
        "b",
        2,
        1,
        (
            Reason("sources", "popular", "popular, new"),
            Reason("score", "0.3", "0.95"),
            Reason("explanation.rules", "capped", "none"),
            Reason("explanation.features.liked", "2", "9"),
            Reason("explanation.features.fresh", "0.5", "0.6"),
        ),
    )
    assert of("a", base, head) == Moved("a", 1, 2, ())


def test_an_item_of_one_side_says_what_that_side_says_of_it() -> None:
    base = told(item("a", score=0.9, explicit=False, explanation={"rules": [], "features": {"old": 3.0, "none": 0}}))
    head = told(item("b", score=0.8, position=0, sources=["releases"], explanation={"rules": ["explored"]}))
    came, went = moved_items(base, head, 1e-9)
    assert (came.item, came.base, came.head) == ("b", None, 1)
    assert came.reasons == (
        Reason("score", "", "0.8"),
        Reason("sources", "", "releases"),
        Reason("explanation.rules", "", "explored"),
    )
    assert (went.item, went.base, went.head) == ("a", 1, None)
    assert went.reasons == (Reason("score", "0.9", ""), Reason("explanation.features.old", "3", ""))


def test_what_is_ignored_is_no_reason_by_name_or_by_place() -> None:
    ignore = frozenset({"request_id", "items[].age"})
    base = told(item("a", age=1, request_id=1), item("b", age=1), ignore=ignore, request_id=1, age=1)
    head = told(item("b", age=9), item("a", age=9, request_id=2), ignore=ignore, request_id=2, age=2)
    assert all(not one.reasons for one in moved_items(base, head, 1e-9))
    assert whole_answer(base, head, 1e-9) == (Reason("age", "1", "2"),)


def test_what_differs_of_the_answer_as_a_whole_is_told_without_its_items() -> None:
    base = told(item("a"), removed={"explicit": 3, "heard": 5}, degraded=[])
    head = told(item("b"), removed={"explicit": 7, "heard": 5}, degraded=["diversity"])
    assert whole_answer(base, head, 1e-9) == (
        Reason("removed.explicit", "3", "7"),
        Reason("degraded", "none", "diversity"),
    )


@pytest.mark.parametrize(
    "document",
    [None, 7, {}, {"items": {}}, {"items": ["a"]}, {"items": [{"title": "a"}]}, {"items": [{"id": {"x": 1}}]}],
)
def test_an_answer_without_a_list_of_things_with_ids_explains_nothing(document: Any) -> None:
    assert explained(document, _WAY, frozenset()) is None


def test_a_place_that_is_no_list_of_objects_cannot_be_explained() -> None:
    assert explained({"id": 1}, ("id",), frozenset()) is None
    assert explained({"ids": [1]}, ("ids", "[]"), frozenset()) is None


def test_of_many_items_and_reasons_few_are_told_and_the_rest_counted() -> None:
    many = {f"f{n:03}": n + 1 for n in range(200)}
    base = told(*[item(f"b{n}", why=many) for n in range(50)], item("x", why=many))
    head = told(item("x", why=dict.fromkeys(many, -1)), *[item(f"h{n}", why=many) for n in range(50)])
    found = moved_items(base, head, 1e-9)
    assert len(found) == reasons.MOST_ITEMS
    assert [one.item for one in found if one.base and one.head] == ["x"]
    assert {one.item[0] for one in found} == {"b", "h", "x"}
    assert [(len(one.reasons), one.more) for one in found if one.item == "x"] == [(8, 192)]


def test_long_names_deep_objects_and_strange_numbers_stay_short() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = {"d": deep}
    strange = {"n" * 900: "v" * 9000, "deep": deep, "huge": 10**400, "nan": float("nan"), "list": list(range(999))}
    base, head = told(item("a"), item("b")), told(item("b", **strange), item("a"))
    (found,) = [one for one in moved_items(base, head, 1e-9) if one.item == "b"]
    assert all(len(one.name) <= 80 and len(one.head) <= 100 for one in found.reasons)
    assert {"deep.d.d.d.d.d", "huge", "nan", "list"} <= {one.name for one in found.reasons}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(st.sampled_from(["id", "score", "why"]), JSON, max_size=3), max_size=4)


@settings(max_examples=150)
@given(ITEMS, ITEMS)
def test_whatever_the_services_say_is_told_in_bounds_or_not_at_all(one: Any, other: Any) -> None:
    sides = [explained(json.loads(json.dumps({"items": items})), _WAY, frozenset()) for items in (one, other)]
    if sides[0] is None or sides[1] is None:
        return
    for moved in moved_items(sides[0], sides[1], 1e-9):
        assert moved.base or moved.head
        assert all("\n" not in f"{r.name}{r.base}{r.head}" for r in moved.reasons)
        assert len(moved.reasons) <= reasons.MOST_REASONS


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked("POST", "/r", {"user": 1}), Asked("POST", "/r", {"user": 1, "why": True})),
        (Asked("GET", "/r"), Asked("GET", "/r?why=true")),
        (Asked("GET", "/r?q=1"), Asked("GET", "/r?q=1&why=true")),
        (Asked("POST", "/r", [1]), Asked("POST", "/r?why=true", [1])),
    ],
)
def test_the_wish_to_be_told_stands_in_the_body_or_in_the_query(asked: Asked, expected: Asked) -> None:
    assert asked.explained("why") == expected
