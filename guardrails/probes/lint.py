"""Planted violations of the `lint` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_RANK = "def rank(scores):\n    return sorted(scores, reverse=True)\n"
BASE: Mapping[str, str] = {
    "pyproject.toml": '[tool.ruff.lint]\nselect = ["F", "B"]\n',
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "shop/old.py": "import os\n",
}
_HONEST = {"shop/rank.py": _RANK + "\n\ndef top(scores, k):\n    return rank(scores)[:k]\n"}


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None] = _HONEST) -> Probe:
    return Probe(f"lint/{rule}", BASE, bad, honest)


PROBES: tuple[Probe, ...] = (
    _probe("syntax-error", {"shop/rank.py": "def rank(:\n"}),
    _probe(
        "violation",
        {"shop/rank.py": "import os\n\n\n" + _RANK},
        {"shop/old.py": "# Old debt that has moved.\nimport os\n"},
    ),
    _probe("unformatted", {"shop/rank.py": _RANK.replace("scores,", "scores ,")}),
    _probe("file-suppressed", {"shop/rank.py": "# ruff: noqa\nimport os\n\n" + _RANK}),
    _probe(
        "configuration-unreadable",
        {"pyproject.toml": '[tool.ruff.lint]\nselekt = ["F"]\n'},
        {"pyproject.toml": '[tool.ruff.lint]\nselect = ["F", "B", "E"]\n'},
    ),
)
