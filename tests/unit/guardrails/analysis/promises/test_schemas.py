"""Whether one JSON Schema allows what another does not: by example, and by a property against a validator."""

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from guardrails.analysis.promises.schemas import Side, sends, takes
from guardrails.analysis.promises.steps import Kind

Json = dict[str, Any]
W, B = Kind.WEAKENING, Kind.BREAKING


def sent(old: Json, new: Json) -> list[tuple[Kind, str]]:
    return [(step.kind, step.what) for step in sends(Side(old, old), Side(new, new))]


def taken(old: Json, new: Json) -> list[tuple[Kind, str]]:
    return [(step.kind, step.what) for step in takes(Side(old, old), Side(new, new))]


def thing(required: tuple[str, ...] = (), **properties: Any) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


STRING, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (thing(("a",), a=STRING), thing(), [(B, "`a` is gone")]),
        (thing(("a",), a=STRING), thing(a=STRING), [(W, "`a` may be missing, and was always there")]),
        (thing(a=STRING), thing(a=INTEGER), [(B, "`a` may be integer, and was string")]),
        (
            thing(a=STRING),
            thing(a={"type": ["string", "null"]}),
            [(W, "`a` may be null or string, and was string")],
        ),
        (thing(a=STRING), thing(a={"anyOf": [STRING, NULL]}), [(W, "`a` may be null, and was string")]),
        (thing(a={"enum": ["x"]}), thing(a={"enum": ["x", "y"]}), [(W, '`a` may be "y", which it was not before')]),
        (thing(a={"enum": ["x"]}), thing(a=STRING), [(W, '`a` may be anything, and was one of "x"')]),
        (thing(a={"maximum": 5}), thing(a={"maximum": 9}), [(W, "`a` has the maximum 9, and had 5")]),
        (thing(a={"pattern": "x"}), thing(a={}), [(W, '`a` has the pattern none, and had "x"')]),
        (
            {"type": "array", "items": thing(("a",), a=STRING)},
            {"type": "array", "items": thing(("a",), a=INTEGER)},
            [(B, "`[].a` may be integer, and was string")],
        ),
        (
            {**thing(a=STRING), "additionalProperties": False},
            {**thing(a=STRING, b=STRING), "additionalProperties": False},
            [(W, "`b` is new, and no further field was allowed")],
        ),
    ],
)
def test_what_may_be_sent_that_was_not(old: Json, new: Json, said: list[tuple[Kind, str]]) -> None:
    assert sent(old, new) == said
    assert sent(old, copy.deepcopy(old)) == sent(new, copy.deepcopy(new)) == []


def test_more_of_what_is_certain_is_no_loss() -> None:
    assert sent(thing(a=STRING), thing(("a", "b"), a={**STRING, "maxLength": 5}, b=INTEGER)) == []
    assert sent(thing(a={"anyOf": [STRING, NULL]}), thing(a=STRING)) == []
    assert sent({"type": "number"}, {"type": "integer", "minimum": 0}) == []
    assert sent(thing(a=STRING), thing(a={"const": "x", "description": "new words"})) == []


def test_what_is_taken_is_the_other_way_round() -> None:
    assert taken(thing(), thing(a=STRING)) == [], "a new field that need not be given"
    assert taken(thing(), thing(("a",), a=STRING)) == [(B, "`a` must now be given")]
    assert taken(thing(a=STRING), thing(("a",), a=STRING)) == [(B, "`a` must now be given")]
    assert taken(thing(k={"maximum": 100}), thing(k={"maximum": 50})) == [(B, "`k` has the maximum 50, and had 100")]
    closed = {**thing(), "additionalProperties": False}
    assert taken({**thing(a=STRING), "additionalProperties": False}, closed) == [(B, "`a` is no longer taken")]
    assert taken(thing(k={"maximum": 50}), thing(k={"maximum": 100})) == []
    assert taken(thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]})) == [(B, '`a` may no longer be "y"')]


def test_references_are_followed_and_may_turn_in_circles() -> None:
    def tree(**value: Any) -> Json:
        node = thing(("value",), value=value, children={"type": "array", "items": {"$ref": "#/$defs/Node"}})
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert sent(tree(type="string"), tree(type="string")) == []
    assert (B, "`value` may be integer, and was string") in sent(tree(type="string"), tree(type="integer"))
    assert sent({"$ref": "#/$defs/Gone"}, STRING) == [], "what leads nowhere allows anything"
    merged = {"allOf": [thing(("a",), a=STRING), thing(b=INTEGER)]}
    assert sent(merged, thing(("a",), a=STRING, b=INTEGER)) == []
    assert sent(merged, thing(a=STRING, b=INTEGER)) == [(W, "`a` may be missing, and was always there")]


SCALARS = [None, True, 1, 2, 7, 1.5, "a", "b", "abcdef", [], {}]


@st.composite
def schemas(
    draw: DrawFn, depth: int = 2, kinds: str = "string integer number enum const any either object array"
) -> Json:
    """A schema with the words that are understood, of one of the kinds."""
    kind = draw(st.sampled_from(kinds.split()))
    if kind in ("object", "array", "either") and not depth:
        kind = "string"
    if kind == "string":
        return {"type": "string", **draw(st.sampled_from([{}, {"maxLength": 3}, {"minLength": 2}, {"pattern": "^a"}]))}
    if kind in ("integer", "number"):
        return {"type": kind, **draw(st.sampled_from([{}, {"maximum": 5}, {"minimum": 2}]))}
    if kind == "enum":
        return {"enum": draw(st.lists(st.sampled_from(SCALARS[:8]), min_size=1, max_size=3))}
    if kind == "const":
        return {"const": draw(st.sampled_from(SCALARS[:8]))}
    if kind == "either":
        return {"anyOf": draw(st.lists(schemas(depth - 1), min_size=1, max_size=2))}
    if kind == "array":
        return {"type": "array", "items": draw(schemas(depth - 1)), **draw(st.sampled_from([{}, {"maxItems": 1}]))}
    if kind == "object":
        properties = draw(st.dictionaries(st.sampled_from("xyz"), schemas(depth - 1), max_size=3))
        required = draw(st.lists(st.sampled_from("xyz"), unique=True, max_size=2))
        more = draw(st.sampled_from([{}, {}, {"additionalProperties": False}]))
        return {"type": "object", "properties": properties, "required": required, **more}
    return {}


@st.composite
def nearly(draw: DrawFn, schema: Json) -> Json:
    """The schema with something changed in it, or another one."""
    if draw(st.integers(0, 6)) == 0:
        return draw(schemas(1))
    new = dict(schema)
    if "properties" in new:
        new["properties"] = {name: draw(nearly(inner)) for name, inner in new["properties"].items()}
        new["required"] = draw(st.sampled_from([new["required"], new["required"], new["required"][:-1], ["x", "y"]]))
        if draw(st.integers(0, 3)) == 0:
            new.pop("additionalProperties", None)
    if "items" in new:
        new["items"] = draw(nearly(new["items"]))
    for word in ("maximum", "maxLength", "maxItems", "pattern"):
        change = draw(st.integers(0, 3)) if word in new else 0
        if change == 1:
            del new[word]
        elif change == 2 and word != "pattern":
            new[word] += 3
    return new


@st.composite
def instances(draw: DrawFn, schema: Json) -> Any:
    """Something that the schema very likely allows."""
    if "anyOf" in schema:
        return draw(instances(draw(st.sampled_from(schema["anyOf"]))))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "object":
        names = {name for name in schema["properties"] if draw(st.booleans())} | set(schema["required"])
        extra = {} if "additionalProperties" in schema else {"w": 1}
        return extra | {name: draw(instances(schema["properties"].get(name, {}))) for name in sorted(names)}
    if schema.get("type") == "array":
        return draw(st.lists(instances(schema["items"]), max_size=schema.get("maxItems", 2)))
    known = {"string": ["ab", "abcdef"], "integer": [2, 4, 7], "number": [2, 4.5, 7]}
    return draw(st.sampled_from(known.get(schema.get("type", ""), SCALARS)))


@settings(max_examples=200)
@given(st.data())
def test_what_is_called_compatible_is_valid_under_both(data: st.DataObject) -> None:
    """Whatever the new schema allows, the old one allows, if no step was found."""
    old = data.draw(schemas(2, "object array"))
    new = data.draw(nearly(old))
    if sent(old, new):
        return
    for instance in data.draw(st.lists(instances(new), min_size=8, max_size=8)):
        if jsonschema.Draft202012Validator(new).is_valid(instance):
            assert jsonschema.Draft202012Validator(old).is_valid(instance), (old, new, instance)
