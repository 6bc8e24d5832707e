"""Planted violations of the `mutants` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_SHOP = "def total(prices):\n    return sum(prices)\n"
_TESTS = "import shop\n\n\ndef test_total():\n    assert shop.total([1, 2]) == 3\n"
BASE: Mapping[str, str] = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    "guardrails.toml": "schema = 1\n[tests]\nplugins = []\n",
    "shop.py": _SHOP,
    "tests/test_shop.py": _TESTS,
}
_CAPPED = f'''{_SHOP}

def cheapest(prices, limit):
    """The cheapest prices, at most `limit` of them."""
    if limit < 0:
        raise ValueError("limit is negative")
    return sorted(prices)[: limit]
'''
_NOTICED = """import pytest
import shop


def test_cheapest():
    assert shop.cheapest([3, 1, 2], 2) == [1, 2]
    assert shop.cheapest([3, 1, 2], 0) == []


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError):
        shop.cheapest([], -1)
"""
_UNNOTICED = "import shop\n\n\ndef test_cheapest():\n    assert isinstance(shop.cheapest([3, 1], 5), list)\n"
_WEAK = "import shop\n\n\ndef test_more():\n    shop.total([4])\n"
_STRONG = "import shop\n\n\ndef test_more():\n    assert shop.total([4]) == 4\n"


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None]) -> Probe:
    return Probe(f"mutants/{rule}", BASE, bad, honest)


_HONEST = {"shop.py": _CAPPED, "tests/test_more.py": _NOTICED}
PROBES: tuple[Probe, ...] = (
    _probe("survivor", {"shop.py": _CAPPED, "tests/test_more.py": _UNNOTICED}, _HONEST),
    _probe("not-covered", {"shop.py": _CAPPED}, _HONEST),
    _probe("test-proves-nothing", {"tests/test_more.py": _WEAK}, {"tests/test_more.py": _STRONG}),
    _probe("not-judged", {"shop.py": f"import os\n\n{_CAPPED}\n\nos._exit(0)\n"}, _HONEST),
)
