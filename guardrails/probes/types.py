"""Planted violations of the `types` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_RANK = "def rank(scores: list[float]) -> list[float]:\n    return sorted(scores)\n"
_CONFIG = "[mypy]\nstrict = True\nfiles = shop\n"
BASE: Mapping[str, str] = {
    "mypy.ini": _CONFIG,
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "shop/old.py": "def old(x):\n    return x\n",
}


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None]) -> Probe:
    return Probe(f"types/{rule}", BASE, bad, honest)


PROBES: tuple[Probe, ...] = (
    _probe(
        "error",
        {"shop/top.py": "from shop.rank import rank\n\nTOP = rank('best')\n"},
        {"shop/top.py": "from shop.rank import rank\n\nTOP = rank([1.0])\n"},
    ),
    _probe(
        "configuration-unreadable",
        {"mypy.ini": "[mypy\n"},
        {"mypy.ini": f"# Cosmetic.\n{_CONFIG}"},
    ),
    _probe(
        "target-gone",
        {"shop/__init__.py": None, "shop/rank.py": None, "shop/old.py": None, "store/rank.py": _RANK},
        {"shop/rank.py": None},
    ),
)
