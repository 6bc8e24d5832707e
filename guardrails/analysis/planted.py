"""Tests that are planted among a project's own, to see that its suite can still fail and still pass."""

from dataclasses import dataclass

_SOURCE = """
import sys
import unittest

import pytest


def {0}():
    assert {left} < {right}


def {1}():
    assert {left} == {right}


def {2}():
    with pytest.raises(ValueError):
        str({left})


def {3}():
    assert {left}.0 == pytest.approx({right}.0)


def {4}():
    unittest.TestCase().assertEqual({left}, {right})


def {5}():
    numpy = sys.modules.get("numpy")
    assert numpy is not None
    numpy.testing.assert_allclose([{left}.0], [{right}.0])
"""


_WAYS = ("assert", "assert", "pytest.raises", "pytest.approx", "unittest.TestCase", "numpy.testing")


@dataclass(frozen=True, slots=True)
class PlantedTests:
    """Source of a module, and its tests: name, whether it must pass, and whether once a process is enough.

    The first must pass, every other must fail, each by another way to assert.
    """

    source: str
    tests: tuple[tuple[str, bool, bool], ...]

    def way(self, name: str) -> str:
        """How a test asserts; an empty string for a name that is none of these."""
        names = [known for known, _, _ in self.tests]
        return _WAYS[names.index(name)] if name in names else ""


def planted_tests(token: str) -> PlantedTests:
    """Planted tests whose names and values follow from `token`, at least 16 random hexadecimal digits.

    Names are `test_` and a word of the token, so nothing but their place in the run tells them from others.
    """
    left = int(token[:6], 16) + 1
    right = 3 * left + int(token[6:10], 16)
    names = [f"test_{token}{number}" for number in range(6)]
    tests = tuple((name, number == 0, number > 1) for number, name in enumerate(names))
    return PlantedTests(_SOURCE.format(*names, left=left, right=right), tests)
