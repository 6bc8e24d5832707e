"""Expectations as pact writes them, changes to them, and answers that keep them: for properties of how they compare."""

import contextlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Value = Any
SCALARS: Sequence[Value] = (1, 2, 1.5, 2.5, "a", "b", "abc", True, False, None)
OF_KIND: Mapping[str, Sequence[Value]] = {
    "number": (1, 2, 7, 1.5, 2.5),
    "string": ("a", "b", "c", "abc", "zz"),
    "boolean": (True, False),
    "null": (None,),
}
REGEXES: Mapping[str, Sequence[str]] = {
    "a|b": ("a", "b"),
    "a|b|c": ("a", "b", "c"),
    "^(a)$": ("a",),
    "[a-c]+": ("a", "b", "abc", "cab"),
}


@dataclass(frozen=True)
class Node:
    """An expectation: a scalar, an object of `fields` or a list of `elements`, with a matcher or without."""

    example: Value = None
    matcher: Mapping[str, Any] | None = None
    fields: Mapping[str, "Node"] | None = None
    elements: tuple["Node", ...] | None = None


def kind(value: Value) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    return names[type(value)]


def _matchers(value: Value) -> SearchStrategy[Mapping[str, Any] | None]:
    plain: list[Mapping[str, Any] | None] = [None, {"match": "type"}, {"match": "equality"}]
    if kind(value) == "number":
        plain += [{"match": "number"}, {"match": "integer" if isinstance(value, int) else "decimal"}]
    if kind(value) == "boolean":
        plain.append({"match": "boolean"})
    if kind(value) == "string":
        plain += [{"match": "regex", "regex": regex} for regex, texts in REGEXES.items() if value in texts]
        plain += [{"match": "include", "value": part} for part in ("a", "ab") if part in value]
        plain.append({"match": "notEmpty"})
    return st.sampled_from(plain)


@st.composite
def leaves(draw: DrawFn) -> Node:
    value = draw(st.sampled_from(SCALARS))
    return Node(value, draw(_matchers(value)))


def _objects(inner: SearchStrategy[Node]) -> SearchStrategy[Node]:
    fields = st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    return st.builds(lambda f, m: Node(fields=f, matcher=m), fields, st.sampled_from([None, None, {"match": "type"}]))


def _lists(inner: SearchStrategy[Node]) -> SearchStrategy[Node]:
    exact = st.builds(lambda e: Node(elements=tuple(e)), st.lists(inner, max_size=2))
    bounds = st.sampled_from([{}, {"min": 1}, {"min": 2}, {"max": 2}, {"min": 1, "max": 3}])
    typed = st.builds(lambda e, b: Node(elements=(e,), matcher={"match": "type", **b}), inner, bounds)
    return st.one_of(exact, typed)


NODES: SearchStrategy[Node] = st.recursive(
    leaves(), lambda inner: st.one_of(_objects(inner), _lists(inner)), max_leaves=5
)


@st.composite
def changed(draw: DrawFn, node: Node) -> Node:
    """The node, now and then with something changed in it: mostly little, since most changes are."""
    if draw(st.integers(0, 9)) == 0:
        return draw(NODES)
    if node.fields is not None:
        kept = {name: draw(changed(inner)) for name, inner in node.fields.items() if draw(st.integers(0, 5))}
        more = {draw(st.sampled_from("xyzw")): draw(leaves())} if draw(st.integers(0, 3)) == 0 else {}
        rule = draw(st.sampled_from([node.matcher, node.matcher, None, {"match": "type"}]))
        return Node(fields={**more, **kept}, matcher=rule)
    if node.elements is not None:
        kept = tuple(draw(changed(inner)) for inner in node.elements)
        if node.matcher and draw(st.booleans()):
            bound = draw(st.sampled_from([{}, {"min": 1}, {"min": 2}, {"max": 2}]))
            return Node(elements=kept, matcher={"match": "type", **bound})
        return Node(elements=kept, matcher=node.matcher)
    value = draw(st.sampled_from([node.example, node.example, *OF_KIND[kind(node.example)]]))
    return replace(node, example=value, matcher=draw(_matchers(value)))


def written(node: Node) -> tuple[Value, dict[str, Any]]:
    """The example and the matching rules of its body, as version 4 writes them."""
    rules: dict[str, Any] = {}

    def write(one: Node, path: str) -> Value:
        if one.matcher:
            rules[path] = {"combine": "AND", "matchers": [dict(one.matcher)]}
        if one.fields is not None:
            return {name: write(inner, f"{path}.{name}") for name, inner in one.fields.items()}
        if one.elements is not None:
            place = "[*]" if one.matcher else "[{}]"
            return [write(inner, path + place.format(n)) for n, inner in enumerate(one.elements)]
        return one.example

    return write(node, "$"), rules


@st.composite
def answers(draw: DrawFn, node: Node, *, typed: bool = False) -> Value:
    """A value that keeps the expectation. `typed`: a rule about types comes down from above."""
    rule = node.matcher or {}
    by_type = rule.get("match") == "type" or (typed and not rule)
    if node.fields is not None:
        extra = {"extra": 1} if draw(st.booleans()) else {}
        return extra | {name: draw(answers(inner, typed=by_type)) for name, inner in node.fields.items()}
    if node.elements is not None:
        if not by_type:
            return [draw(answers(inner, typed=False)) for inner in node.elements]
        if not node.elements:
            return draw(st.lists(st.sampled_from(SCALARS), max_size=2))
        least = rule.get("min", 0)
        count = draw(st.integers(least, rule.get("max", least + 2)))
        return [draw(answers(_nth(node, n), typed=True)) for n in range(count)]
    return draw(_scalars(node.example, rule, by_type=by_type))


def _nth(node: Node, n: int) -> Node:
    elements = node.elements or ()
    return elements[n] if n < len(elements) else elements[0]


def _scalars(example: Value, rule: Mapping[str, Any], *, by_type: bool) -> SearchStrategy[Value]:
    match = rule.get("match")
    if by_type or match in ("number", "boolean"):
        return st.sampled_from(OF_KIND[kind(example)])
    if match == "integer":
        return st.sampled_from([1, 2, 7, 2**60 + 1])
    if match == "decimal":
        return st.sampled_from([1.5, 2.5])
    if match == "regex":
        return st.sampled_from(REGEXES[rule["regex"]])
    if match == "include":
        return st.sampled_from([rule["value"], f"x{rule['value']}x"])
    if match == "notEmpty":
        return st.sampled_from(["a", "zz", 5])
    return st.just(example)


def interaction(node: Node, description: str = "it", path: str = "/") -> dict[str, Any]:
    """An interaction whose body has the expectation in its field `it`: a body of null would mean an empty one."""
    body, rules = written(Node(fields={"it": node}))
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "request": {"method": "GET", "path": path},
        "response": {
            "status": 200,
            "body": {"content": body, "contentType": "application/json", "encoded": False},
            "matchingRules": {"body": rules},
        },
    }


def pact_says(cases: Sequence[tuple[Node, Value]], directory: Path) -> list[list[str]]:
    """For each expectation and answer what pact's verifier has against it; an empty list where it is content."""
    from pact import Verifier

    os.environ["PACT_DO_NOT_TRACK"] = "true"
    told = [interaction(node, str(n), f"/{n}") for n, (node, _) in enumerate(cases)]
    sides = {"consumer": {"name": "player"}, "provider": {"name": "shop"}}
    version = {"metadata": {"pactSpecification": {"version": "4.0"}}}
    (directory / "pact.json").write_text(json.dumps({**sides, "interactions": told, **version}))

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = json.dumps({"it": cases[int(self.path[1:])][1]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        verifier = Verifier("shop", host="127.0.0.1")
        verifier.add_transport(protocol="http", port=server.server_port, path="/", scheme="http")
        verifier.add_source(directory / "pact.json")
        with contextlib.suppress(RuntimeError):  # it raises where an interaction fails; the results tell which
            verifier.verify()
        server.shutdown()
    results = {one["description"]: one for one in verifier.results["interactionResults"]}
    return [_against(results[str(n)]) for n in range(len(cases))]


def _against(result: Mapping[str, Any]) -> list[str]:
    if result["result"] == "OK":
        return []
    mismatch = result.get("mismatch") or {}
    return [one.get("mismatch", "") for one in mismatch.get("mismatches", ())] or [str(mismatch)]
