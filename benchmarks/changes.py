"""Changes to this repository, made in a clone: an honest one, a bad one, and a small one to time."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]

POWER = '''"""How many users an experiment needs: the power of a two-sided test of two shares."""

from math import ceil, sqrt
from statistics import NormalDist

from recsys.errors import InvalidValueError


def users_per_arm(base: float, lift: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many users each arm needs to see the share `base` become `base + lift`.

    base, base + lift: shares strictly between 0 and 1. alpha: false alarms. power: chance of seeing the lift.
    Raises `InvalidValueError` for anything outside (0, 1) and for a lift of 0.
    Source: Fleiss, Levin, Paik, "Statistical Methods for Rates and Proportions", the normal approximation.
    """
    for name, value in (("base", base), ("base + lift", base + lift), ("alpha", alpha), ("power", power)):
        if not 0.0 < value < 1.0:
            raise InvalidValueError(f"{name} is {value}; it must lie strictly between 0 and 1")
    if lift == 0.0:
        raise InvalidValueError("lift is 0; no number of users shows a difference that is not there")
    normal = NormalDist()
    other, middle = base + lift, base + lift / 2.0
    spread = normal.inv_cdf(1.0 - alpha / 2.0) * sqrt(2.0 * middle * (1.0 - middle))
    spread += normal.inv_cdf(power) * sqrt(base * (1.0 - base) + other * (1.0 - other))
    ratio = spread / lift
    return ceil(ratio * ratio)
'''

POWER_TEST = '''"""How many users an experiment needs."""

import pytest

from recsys.errors import InvalidValueError
from recsys.experiments.power import users_per_arm


def test_a_textbook_example() -> None:
    assert users_per_arm(0.10, 0.02) == 3841


def test_a_smaller_lift_needs_more_users_and_its_sign_does_not_matter_at_one_half() -> None:
    assert users_per_arm(0.5, 0.01) > users_per_arm(0.5, 0.02)
    assert users_per_arm(0.5, 0.02) == users_per_arm(0.5, -0.02)


@pytest.mark.parametrize(("base", "lift"), [(0.0, 0.1), (0.95, 0.05), (0.5, 0.0)])
def test_what_cannot_be_is_refused(base: float, lift: float) -> None:
    with pytest.raises(InvalidValueError):
        users_per_arm(base, lift)
'''


def git(repo: Path, *arguments: str) -> str:
    """Run git in a clone as somebody; return what it prints."""
    who = ("-c", "user.name=agent", "-c", "user.email=agent@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(("git", *who, *arguments), cwd=repo, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def cloned() -> Iterator[Path]:
    """A clone of what is committed here, on a branch of its own."""
    with TemporaryDirectory(prefix="guardrails-clone-") as name:
        clone = Path(name, "clone")
        git(Path(name), "clone", "--quiet", "--shared", str(ROOT), str(clone))
        git(clone, "switch", "--quiet", "--create", "base")
        yield clone


def branch(repo: Path, name: str, message: str, edit: Callable[[Path], None]) -> str:
    """Commit an edit of the branch `base` as a branch of its own; return the commit."""
    git(repo, "switch", "--quiet", "--create", name, "base")
    edit(repo)
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", message)
    commit = git(repo, "rev-parse", "HEAD")
    git(repo, "switch", "--quiet", "base")
    return commit


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands.

    Raises:
        LookupError: it does not stand there exactly once: the example must be brought up to date.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{path.name} holds {old!r} {text.count(old)} times; bring benchmarks/changes.py up to date")
    path.write_text(text.replace(old, new), encoding="utf-8")


def honest(repo: Path) -> None:
    """A new module with tests that say something."""
    (repo / "recsys/experiments/power.py").write_text(POWER, encoding="utf-8")
    (repo / "tests/unit/recsys/test_power.py").write_text(POWER_TEST, encoding="utf-8")


def bad(repo: Path) -> None:
    """A faster request, at the cost of policy, with the test that would show it switched off."""
    replace_in(
        repo / "recsys/reranking/filters.py",
        "    return context.policy.taken_down.take(slots)\n",
        "    return np.zeros(slots.shape[0], dtype=np.bool_)  # takedowns are enforced upstream\n",
    )
    tests = repo / "tests/unit/recsys/test_filters.py"
    text = tests.read_text(encoding="utf-8")
    tests.write_text(text.replace("\ndef test_", '\n@pytest.mark.skip("flaky")\ndef test_', 1), encoding="utf-8")


def one_file(repo: Path) -> None:
    """A small refactoring of one file of the product."""
    replace_in(
        repo / "recsys/reranking/filters.py",
        "    missing: Bools = (licence & bit) == 0\n    return missing\n",
        "    unlicensed_here: Bools = (licence & bit) == 0\n    return unlicensed_here\n",
    )
