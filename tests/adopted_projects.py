"""Three kinds of project that might adopt the gate, as files; each owes something already.

`LIBRARY` has a src layout, a suite, ruff, mypy and layers that are broken; `SERVICE` is laid out as Django has it, with
tests inside of its packages, answers over HTTP by the standard library alone and is kept at GitLab; `NOTEBOOKS` are
notebooks, scripts and data without a single test. `GOOD` and `BAD` are a change of each that must be let through, and
one that must not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

Files = Mapping[str, str]

LIBRARY: Files = {
    "pyproject.toml": """[project]
name = "tally"
version = "1.0"
requires-python = ">=3.11"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.ruff.lint]
select = ["E", "F", "B"]

[tool.mypy]
strict = true
mypy_path = "src"
packages = ["tally"]

[tool.importlinter]
root_package = "tally"

[[tool.importlinter.contracts]]
name = "tally: imports go down"
type = "layers"
layers = ["tally.report", "tally.counts"]
""",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    "src/tally/__init__.py": '"""Counts things."""\n',
    "src/tally/counts.py": '''"""Counts."""

import os
from collections import Counter

from tally import report


def top(words: list[str], k: int = 3) -> list[str]:
    """The most frequent words, ties by name."""
    if k < 0:
        raise ValueError(f"k is {k}, and no number of words is negative")
    counted = Counter(words)
    return sorted(counted, key=lambda word: (-counted[word], word))[:k]


def shown(words):
    """The most frequent words in one line."""
    return report.line(top(words))
''',
    "src/tally/report.py": '''"""Reports."""


def line(words: list[str]) -> str:
    """Words with commas."""
    return ", ".join(words)
''',
    "tests/test_counts.py": """import pytest

from tally.counts import shown, top


def test_the_most_frequent_comes_first():
    assert top(["a", "b", "b"]) == ["b", "a"]


def test_ties_go_by_name():
    assert top(["b", "a"]) == ["a", "b"]


def test_at_most_k():
    assert top(["c", "a", "b"], 2) == ["a", "b"]


def test_no_negative_number():
    with pytest.raises(ValueError, match="negative"):
        top([], -1)


def test_one_line():
    assert shown(["a"]) == "a"


def test_that_was_broken_before():
    assert top(["a"]) == ["z"]


@pytest.mark.skip(reason="nobody knows why any more")
def test_that_nobody_runs():
    assert top([]) == []
""",
}

SERVICE: Files = {
    "manage.py": '''"""Starts the shop, as Django's own manage.py would."""

import os
import sys

from shop.wsgi import serve

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    serve(int(sys.argv[-1].rpartition(":")[2]))
''',
    "requirements.txt": "# nothing but the standard library\n",
    ".gitlab-ci.yml": "test:\n  script: [python -m unittest]\n",
    ".pre-commit-config.yaml": "repos: []\n",
    "setup.cfg": "[flake8]\nmax-line-length = 100\n[tool:pytest]\npython_files = tests.py test_*.py\n",
    "shop/__init__.py": "",
    "shop/settings.py": "INSTALLED_APPS = ['catalog', 'orders']\nDEBUG = False\n",
    "shop/wsgi.py": """from wsgiref.simple_server import make_server

from catalog.views import listing


def application(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [listing(environ.get("QUERY_STRING", "")).encode()]


def serve(port):
    with make_server("127.0.0.1", port, application) as server:
        server.serve_forever()
""",
    "catalog/__init__.py": "",
    "catalog/models.py": """ITEMS = {"apple": 3, "pear": 2, "plum": 7}


def cheapest(limit):
    return sorted(ITEMS, key=lambda name: (ITEMS[name], name))[:limit]
""",
    "catalog/views.py": """from catalog.models import cheapest


def listing(query):
    limit = int(query) if query.isdigit() else 2
    return ",".join(cheapest(limit))
""",
    "catalog/tests.py": """import unittest

from catalog.models import cheapest
from catalog.views import listing


class CatalogTests(unittest.TestCase):
    def test_the_cheapest_comes_first(self):
        self.assertEqual(cheapest(2), ["pear", "apple"])

    def test_two_are_listed_by_default(self):
        self.assertEqual(listing(""), "pear,apple")

    def test_as_many_as_were_asked_for(self):
        self.assertEqual(listing("1"), "pear")
""",
    "orders/__init__.py": "",
    "orders/models.py": """from catalog.models import ITEMS


def total(names):
    try:
        return sum(ITEMS[name] for name in names)
    except KeyError:  # noqa: E722
        return None
""",
    "orders/tests/__init__.py": "",
    "orders/tests/test_total.py": """import unittest

from orders.models import total


class TotalTests(unittest.TestCase):
    def test_a_sum(self):
        self.assertEqual(total(["apple", "plum"]), 10)

    def test_what_is_unknown(self):
        self.assertIsNone(total(["stone"]))
""",
}


def notebook(*cells: str) -> str:
    """A notebook of code cells, as Jupyter writes it."""
    made = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell} for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


NOTEBOOKS: Files = {
    "README.md": "# How loud were the plays?\n",
    "explore.ipynb": notebook("import clean\n", "clean.rows('data/plays.csv')\n"),
    "clean.py": '''"""Reads plays."""

import csv


def rows(path):
    with open(path) as file:
        return [row for row in csv.DictReader(file) if row["seconds"]]
''',
    "scripts/plot.py": '''"""Draws plays as text."""

import sys

sys.path.insert(0, ".")
import clean

for row in clean.rows(sys.argv[1]):
    print(row["track"], "#" * int(row["seconds"]))
''',
    "data/plays.csv": "track,seconds\na,3\nb,\nc,5\n",
}


@dataclass(frozen=True)
class Kind:
    """A kind of project: its files, a change that must be let through, one that must not with the rule that says so,
    and what the debts' record must hold after init."""

    files: Files
    good: Files
    bad: Files
    rule: str
    debts: str
    workflow: str


KINDS: Mapping[str, Kind] = {
    "library": Kind(
        LIBRARY,
        good={
            "src/tally/report.py": LIBRARY["src/tally/report.py"]
            + '''

def lines(words: list[str]) -> str:
    """Words, one below the other."""
    return "\\n".join(words)
''',
            "tests/test_report.py": """from tally.report import lines


def test_one_below_the_other():
    assert lines(["a", "b"]) == "a\\nb"
""",
        },
        bad={
            "src/tally/counts.py": LIBRARY["src/tally/counts.py"].replace("-counted[word]", "counted[word]"),
        },
        rule="tests/base-test-fails",
        debts="failing",
        workflow=".github/workflows/gate.yml",
    ),
    "service": Kind(
        SERVICE,
        good={
            "orders/models.py": SERVICE["orders/models.py"] + "\n\ndef count(names):\n    return len(set(names))\n",
            "orders/tests/test_count.py": """import unittest

from orders.models import count


class CountTests(unittest.TestCase):
    def test_each_counts_once(self):
        self.assertEqual(count(["apple", "apple", "plum"]), 2)
""",
        },
        bad={
            "catalog/models.py": SERVICE["catalog/models.py"].replace("[:limit]", "[: limit + 1]"),
            "catalog/tests.py": SERVICE["catalog/tests.py"].replace(
                'listing("1"), "pear"', 'listing("1"), "pear,apple"'
            ),
        },
        rule="tests/base-test-fails",
        debts="suppressions",
        workflow=".gitlab/guardrails.gitlab-ci.yml",
    ),
    "notebooks": Kind(
        NOTEBOOKS,
        good={"clean.py": NOTEBOOKS["clean.py"].replace("open(path)", 'open(path, encoding="utf-8")')},
        bad={"clean.py": NOTEBOOKS["clean.py"].replace("csv.DictReader", "cvs.DictReader")},
        rule="lint/violation",
        debts="schema",
        workflow=".github/workflows/gate.yml",
    ),
}
