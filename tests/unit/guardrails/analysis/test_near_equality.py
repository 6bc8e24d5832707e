"""Equality that says yes to what is not the same, and honest equality beside it."""

import ast

import pytest

from guardrails.analysis.cheats import signs
from guardrails.analysis.names import Names


def seen(code: str) -> set[str]:
    module = ast.parse(code)
    return {sign.rule for sign in signs(module, Names(module), code, "shop/rank.py")}


@pytest.mark.parametrize(
    "code",
    [
        "class M(type):\n    def __new__(m, n, b, d):\n        d['__eq__'] = lambda s, o: True\n        return m\n",
        "from unittest import mock\nclass A:\n    __eq__ = mock.ANY.__eq__\n",
        "from unittest.mock import ANY\nclass A(list, type(ANY)):\n    x = 1\n",
        "class A(str):\n    def __eq__(self, other):\n        return self.lower() == str(other).lower()\n",
        "class A(list):\n    def __eq__(self, other):\n        return sorted(self) == sorted(other)\n",
        "class A(list):\n    def __eq__(self, other):\n        return self[:1] == other[:1]\n",
        "class A(dict):\n    def __eq__(self, o):\n        return isinstance(o, dict) and self.keys() == o.keys()\n",
        "class A:\n    def __eq__(self, o):\n        return len(self.x) == len(o.x) and abs(self.y - o.y) < 1\n",
        "class A:\n    __eq__ = lambda s, o: s.x <= o.x\n",
        "class A:\n    def __lt__(self, other):\n        return self.value < other.value - 0.5\n",
        "import attr\nclass A:\n    x: str = attr.ib(eq=str.lower)\n",
        "import attr\nclass A:\n    x: str = attr.ib(eq=lambda x: 1)\n",
    ],
)
def test_what_is_near_is_not_the_same(code: str) -> None:
    assert "equal-to-everything" in seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "class M(type):\n    def __new__(m, n, b, d):\n        d['name'] = n\n        return m\n",
        "class A(str):\n    def __eq__(self, other):\n        return str.__eq__(self, other)\n",
        "class A(list):\n    def __eq__(self, other):\n        return list(self) == list(other)\n",
        "class A:\n    def __eq__(self, o):\n        return isinstance(o, A) and sorted(self.x) == sorted(o.x)\n",
        "class A:\n    def __eq__(self, o):\n        return self.x <= o.x and o.x <= self.x\n",
        "class A:\n    def __eq__(self, o):\n        return len(self.x) == len(o.x) and self.has(o.x)\n",
        "class A:\n    def __eq__(self, o):\n        return self.name in (o.name, o.alias)\n",
        "class A:\n    def __lt__(self, other):\n        return self.value < other.value\n",
        "import attr\nclass A:\n    x: str = attr.ib(eq=True)\n",
    ],
)
def test_honest_equality_is_left_alone(code: str) -> None:
    assert seen(code) == set()
