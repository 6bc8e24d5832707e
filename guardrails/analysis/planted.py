"""Tests that are planted among a project's own, to see that its suite can still fail and still pass."""

import hashlib
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


def {6}():
    drawn({left}, {right})


def {7}():
    drawn({left}, {left})


def drawn(one, other):
    if "hypothesis" not in sys.modules:
        assert one == other
        return
    import hypothesis
    from hypothesis import strategies

    few = hypothesis.settings(max_examples=2, database=None, deadline=None, phases=[hypothesis.Phase.generate])

    @few
    @hypothesis.given(strategies.just(one))
    def holds(number):
        assert number == other

    holds()
"""


_WAYS = (
    "assert",
    "assert",
    "pytest.raises",
    "pytest.approx",
    "unittest.TestCase",
    "numpy.testing",
    "Hypothesis",
    "Hypothesis",
)


_PASSING = (0, 7)
_TWINS = 48


@dataclass(frozen=True, slots=True)
class PlantedTests:
    """Source of a module, and its tests: name, whether it must pass, and whether once a process is enough.

    Two must pass, every other must fail, each by another way to assert. `twins` are bodies that are run under the
    names of the project's own tests, and whether each must pass. What must pass is never told to the process that runs
    them: it has to run them to know.
    """

    source: str
    tests: tuple[tuple[str, bool, bool], ...]
    twins: tuple[tuple[str, bool], ...] = ()

    def way(self, name: str) -> str:
        """How a test asserts; an empty string for a name that is none of these."""
        names = [known for known, _, _ in self.tests]
        return _WAYS[names.index(name)] if name in names else ""

    def must_pass(self, name: str) -> bool | None:
        """Whether a test must pass; None for a name that is none of these."""
        return next((must for known, must, _ in self.tests if known == name), None)


def planted_tests(token: str) -> PlantedTests:
    """Planted tests whose names and values follow from `token`, at least 16 random hexadecimal digits.

    Names are `test_` and a word of the token, so nothing but their place in the run tells them from others.
    """
    left = int(token[:6], 16) + 1
    right = 3 * left + int(token[6:10], 16)
    names = [f"test_{token}{number}" for number in range(len(_WAYS))]
    tests = tuple((name, number in _PASSING, number > 1) for number, name in enumerate(names))
    twins = tuple(_twin(f"{token}{number}", must_pass=number % 3 == 0) for number in range(_TWINS))
    return PlantedTests(_SOURCE.format(*names, left=left, right=right), tests, tuple(sorted(twins)))


def _twin(token: str, *, must_pass: bool) -> tuple[str, bool]:
    """A body that must be run to know what it comes to, and whether it must pass."""
    digits = hashlib.sha256(token.encode()).hexdigest()
    one, other = int(digits[:8], 16) + 2, int(digits[8:16], 16) + 2
    product = one * other + (0 if must_pass else 1 + int(digits[16:18], 16))
    return f"assert {one} * {other} == {product}", must_pass
