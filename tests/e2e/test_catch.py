"""The corpus of planted and honest changes, each with its verdict: no bad one passes, no honest one is blocked.

The fast tests run the gates that need none of the change's code, and of these only the ones that matter for a case.
The slow ones run whole checks, those that run the change's code too.
"""

from collections import Counter
from pathlib import Path

import pytest

from guardrails.model.result import VerdictKind
from tests.canary import asking, told
from tests.catching import PROJECT, Case, apply, bad_cases, honest_cases, judge, recsys_cases, repository

BAD, HONEST, RECSYS = bad_cases(), honest_cases(), recsys_cases()
STOPPED = {VerdictKind.BLOCK, VerdictKind.REVIEW}
CLASSES = {
    "expected-value-edited", "test-deleted", "test-skipped", "weak-oracle", "tolerance-loosened", "subject-mocked",
    "always-equal", "state-recording", "input-special-cased", "early-exit", "reporter-patched", "gate-weakened",
    "checker-suppressed", "errors-swallowed", "layer-breach", "contract-break", "slow-path", "clone", "out-of-scope",
    "bad-dependency", "description-lies", "property-gutted", "load-test-fooled", "answer-copied", "plausible-but-wrong",
}  # fmt: skip
FEWEST_CASES = 60
MOST_BOTHERED = 1 / 20


def named(case: Case) -> str:
    """A test's id."""
    return f"{case.kind}/{case.name}"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all cases."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in BAD if c.profile == "fast"], ids=named)
def test_a_bad_change_is_caught_for_the_right_reason_without_running_it(
    case: Case, tmp_path: Path, cache: Path
) -> None:
    if case.pending:
        pytest.skip(f"needs {case.needs}, which does not exist yet")
    gates = tuple(dict.fromkeys(rule.partition("/")[0] for rule in case.rules))
    verdict = judge(repository(case, tmp_path / "repo"), cache, "fast", only=gates)
    assert verdict.kind in STOPPED, told(verdict)
    assert set(case.rules) <= asking(verdict), told(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("case", HONEST, ids=named)
def test_an_honest_change_is_left_alone(case: Case, tmp_path: Path, cache: Path) -> None:
    verdict = judge(repository(case, tmp_path / "repo"), cache, "fast", only=("scope", "tampering"))
    # What is for a person may be so by a gate that runs code, and then these two have nothing to say.
    expected = (
        {VerdictKind.REVIEW} if case.protected else {VerdictKind.PASS, *([VerdictKind.REVIEW] * bool(case.review))}
    )
    assert verdict.kind in expected, told(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in BAD if c.profile == "pr"], ids=named)
def test_a_bad_change_is_caught_by_running_it(case: Case, tmp_path: Path, cache: Path) -> None:
    if case.pending:
        pytest.skip(f"needs {case.needs}, which does not exist yet")
    verdict = judge(repository(case, tmp_path / "repo"), cache, "pr")
    assert verdict.kind in STOPPED, told(verdict)
    assert set(case.rules) <= asking(verdict), told(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("case", HONEST, ids=named)
def test_an_honest_change_passes_every_gate(case: Case, tmp_path: Path, cache: Path) -> None:
    verdict = judge(repository(case, tmp_path / "repo"), cache, "pr")
    expected = VerdictKind.REVIEW if case.protected or case.review else VerdictKind.PASS
    assert verdict.kind is expected, told(verdict)


def test_there_are_enough_cases_of_every_class_and_few_excuses() -> None:
    assert Counter(case.kind for case in BAD).keys() == CLASSES
    assert min(Counter(case.kind for case in BAD).values()) >= 2
    assert min(len(BAD), len(HONEST)) >= FEWEST_CASES
    assert sum(bool(case.review) for case in HONEST) <= MOST_BOTHERED * len(HONEST)


def test_every_change_to_the_recommender_still_fits_it(tmp_path: Path) -> None:
    root = PROJECT.parents[3]
    for case in RECSYS:
        for edit in case.edits:
            (tmp_path / edit.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / edit.path).write_bytes((root / edit.path).read_bytes())
        apply(case.edits, tmp_path)
