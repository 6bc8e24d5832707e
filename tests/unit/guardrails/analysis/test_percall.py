"""Calls once for each element, where there is a call for many."""

import pytest

from guardrails.analysis.percall import methods_of, per_element
from guardrails.analysis.source import parse_or_raise

STORE = """
class Store:
    def get(self, key: str) -> int: ...
    def get_many(self, keys: list[str]) -> list[int]: ...
    def append(self, events: "Sequence[int]") -> None: ...
    def name(self, key: str) -> str: ...
"""

ATTRIBUTE = """
class A:
    def __init__(self, store: Store):
        self.s, self.n = store, 1

    def f(self, ids):
        return [self.s.get(i) for i in ids]
"""
HELPER = """
def one(store: Store, i):
    return store.get(i)


def f(store, ids):
    return [one(store, i) for i in ids]
"""


def found(source: str) -> list[tuple[str, str]]:
    methods = methods_of(parse_or_raise(STORE))
    return [(one.text, one.batch) for one in per_element(parse_or_raise(source), methods)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(store: Store, ids):\n    return [store.get(i) for i in ids]", ("store.get(i)", "get_many")),
        ("def f(store: 'Store | None', ids):\n    for i in ids:\n        store.get(i)", ("store.get(i)", "get_many")),
        ("def f(store: Store, ids):\n    return map(store.get, ids)", ("map(store.get, ids)", "get_many")),
        ("def f(store: Store, ids):\n    return {i: store.get(i) for i in ids}", ("store.get(i)", "get_many")),
        ("def f(store: Store, ids):\n    for i in ids:\n        store.append([i])", ("store.append([i])", "append")),
        (
            "def f(store: Store, ids):\n    while ids:\n        store.get(ids.pop())",
            ("store.get(ids.pop())", "get_many"),
        ),
        (
            "def f(store: Store, ids):\n    while ids:\n        i = ids.pop()\n        store.get(i)",
            ("store.get(i)", "get_many"),
        ),
        (ATTRIBUTE, ("self.s.get(i)", "get_many")),
        (HELPER, ("one(store, i)", "get_many")),
    ],
)
def test_a_call_for_each_element(source: str, expected: tuple[str, str]) -> None:
    assert found(source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "def f(store: Store, ids):\n    return store.get_many([i for i in ids])",
        "def f(table: dict, ids):\n    return [table.get(i) for i in ids]",
        "def f(store: Store, k):\n    while not store.get(k):\n        wait()",
        "def f(store: Store, ids):\n    return [store.get('x') for i in ids]",
        "def f(store: Store, ids):\n    return [store.name(i) for i in ids]",
        "def f(store: Store, ids):\n    found = []\n    for i in ids:\n        found.append([i])",
        "def f(store: Store, chunks):\n    return [store.get_many(chunk) for chunk in chunks]",
    ],
)
def test_what_is_none(source: str) -> None:
    assert found(source) == []
