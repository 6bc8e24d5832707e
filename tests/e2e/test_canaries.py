"""Every canary gets its pinned verdict, by the same path that judges real changes."""

from pathlib import Path

import pytest

from guardrails.gates.registry import GATES
from guardrails.model.result import VerdictKind
from tests.canary import asking, expected, folders, judge, told


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all canaries, so that tools start warm where they can."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(folder, id=folder.name, marks=[pytest.mark.slow] if expected(folder).slow else [])
        for folder in folders()
    ],
)
def test_a_canary_gets_its_pinned_verdict(folder: Path, tmp_path: Path, cache: Path) -> None:
    wish = expected(folder)
    verdict = judge(folder, tmp_path / "repo", cache)
    assert verdict.kind is wish.verdict, told(verdict)
    assert asking(verdict) - set(wish.may) == set(wish.rules), told(verdict)
    if wish.error:
        assert wish.error in " ".join([verdict.error, *(result.error for result in verdict.results)]), told(verdict)


@pytest.mark.parametrize("gate", [gate.name for gate in GATES])
def test_every_gate_has_a_canary_that_passes_and_one_that_does_not(gate: str) -> None:
    verdicts = {expected(folder).verdict for folder in folders() if folder.name.startswith(f"{gate}_")}
    assert VerdictKind.PASS in verdicts, f"tests/canaries/{gate}_good is missing"
    assert verdicts - {VerdictKind.PASS}, f"tests/canaries/{gate}_bad is missing"


def test_every_canary_belongs_to_a_gate() -> None:
    names = {gate.name for gate in GATES}
    assert {folder.name.partition("_")[0] for folder in folders()} <= names
