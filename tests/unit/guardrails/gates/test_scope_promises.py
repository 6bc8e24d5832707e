"""What a change says of itself, against what it does: each rule says yes and says no."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.gates.scope import ScopeGate
from guardrails.model.finding import Finding, Severity
from tests.judge_fakes import bench_of, judge

MMR = "def mmr(s, d):\n    return [a - b for a, b in zip(s, d)]\n"
BASE = {
    "shop/__init__.py": "",
    "shop/reranking/__init__.py": "",
    "shop/reranking/mmr.py": MMR,
    "shop/loader.py": "def load(path): return open(path)\n",
    "tests/test_mmr.py": "from shop.reranking.mmr import mmr\n\ndef test_mmr():\n    assert mmr([2], [1]) == [1]\n",
    "tests/test_loader.py": "def test_load():\n    assert True\n",
    "README.md": "A shop.\n",
    "guardrails.toml": '[project]\npackages = ["shop"]\n[scope.areas]\nio = ["shop/loader.py"]\n',
}
FLIPPED = {"shop/reranking/mmr.py": MMR.replace("a - b", "a + b")}
ROUNDED = {"shop/reranking/mmr.py": MMR.replace("a - b", "round(a - b, 6)")}
LAID_OUT = {"shop/loader.py": "def load(path):\n    return open(path)\n"}
TESTED = {"tests/test_mmr.py": BASE["tests/test_mmr.py"] + "\ndef test_none():\n    assert mmr([], []) == []\n"}


def found(tmp_path: Path, head: Mapping[str, str | None], *messages: str) -> list[Finding]:
    """What the gate says of a change with these messages."""
    return list(judge(ScopeGate(), tmp_path, BASE, head, messages).findings)


def told(tmp_path: Path, head: Mapping[str, str | None], *messages: str) -> dict[str, Severity]:
    """The same as rule to severity."""
    return {finding.rule.removeprefix("scope/"): finding.severity for finding in found(tmp_path, head, *messages)}


AREA = "Round\n\nArea: reranking"


@pytest.mark.parametrize(
    "head",
    [
        ROUNDED,
        {**ROUNDED, **TESTED},
        {**ROUNDED, "CHANGELOG.md": "- rounded\n"},
        {**ROUNDED, "docs/reranking.md": "Rounded.\n"},
        {**ROUNDED, "README.md": "A shop. Its reranking rounds.\n"},
        {**ROUNDED, ".guardrails/intent.toml": 'area = "reranking"\n'},
        {"shop/reranking/mmr.py": None, "shop/reranking/maximal.py": MMR},
    ],
)
def test_work_in_the_declared_area_is_left_alone(head: Mapping[str, str | None], tmp_path: Path) -> None:
    assert told(tmp_path, head, AREA) == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/loader.py", "def load(path): return None\n"),
        ("tests/test_loader.py", "def test_load():\n    assert 1\n"),
        ("README.md", "A store.\n"),
        ("shop/loader.py", None),
    ],
)
def test_work_outside_of_the_declared_area_is_found(path: str, text: str | None, tmp_path: Path) -> None:
    (one,) = found(tmp_path, {**ROUNDED, path: text}, AREA)
    assert (one.rule, one.severity, one.path) == ("scope/out-of-area", Severity.REVIEW, path)
    assert "reranking" in one.what


def test_two_areas_and_one_of_the_policy(tmp_path: Path) -> None:
    assert told(tmp_path, {**ROUNDED, "shop/loader.py": ""}, "Round\n\nArea: reranking, IO") == {}


def test_a_file_moved_out_of_the_area_is_found(tmp_path: Path) -> None:
    head = {"shop/reranking/mmr.py": None, "shop/mmr2.py": MMR}
    assert told(tmp_path, head, "Move\n\nArea: io") == {"out-of-area": Severity.REVIEW}


@pytest.mark.parametrize("words", ["Intent: refctor", "Area: rerankin", "Area: zzz"])
def test_what_is_not_known_is_for_a_person(words: str, tmp_path: Path) -> None:
    (one,) = found(tmp_path, ROUNDED, f"Round\n\n{words}")
    assert one.rule == "scope/unknown-declaration"
    assert "zzz" in words or "did you mean 're" in one.what


def test_a_file_of_the_declaration_that_cannot_be_read(tmp_path: Path) -> None:
    assert told(tmp_path, {".guardrails/intent.toml": "intend = 1\n"}) == {"unknown-declaration": Severity.REVIEW}


def test_a_contradiction_between_two_commits(tmp_path: Path) -> None:
    said = told(tmp_path, ROUNDED, "Round\n\nIntent: feature", "Split\n\nIntent: performance")
    assert said == {"contradicting-declaration": Severity.REVIEW}
    assert told(tmp_path, ROUNDED, "Round\n\nIntent: feature", "Test\n\nIntent: test") == {}


@pytest.mark.parametrize("intent", ["docs", "test", "docs, test"])
def test_code_under_an_intent_without_code(intent: str, tmp_path: Path) -> None:
    assert told(tmp_path, ROUNDED, f"Say\n\nIntent: {intent}") == {"out-of-intent": Severity.REVIEW}
    documented = {"shop/reranking/mmr.py": MMR.replace(":\n", ':\n    """Best first."""\n', 1)}
    assert told(tmp_path, documented, f"Say\n\nIntent: {intent}") == {}
    assert told(tmp_path, ROUNDED, f"Say\n\nIntent: {intent}", "Round\n\nIntent: fix") == {}


def test_the_product_is_found_without_a_policy(tmp_path: Path) -> None:
    bare = {path: text for path, text in BASE.items() if path != "guardrails.toml"}
    said = judge(ScopeGate(), tmp_path, bare, ROUNDED, ["Say\n\nIntent: docs"]).findings
    assert [finding.rule for finding in said] == ["scope/out-of-intent"]


def test_layout_beside_behaviour_is_a_note(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {**ROUNDED, **LAID_OUT}, "Round")
    assert (one.rule, one.severity, one.path) == ("scope/unrelated-formatting", Severity.NOTE, "shop/loader.py")


def test_layout_alone_and_layout_beside_tests_are_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, LAID_OUT, "Wrap") == {}
    assert told(tmp_path, {**LAID_OUT, **TESTED}, "Wrap") == {}


def test_layout_outside_of_the_declared_area_is_for_a_person(tmp_path: Path) -> None:
    assert told(tmp_path, {**ROUNDED, **LAID_OUT}, AREA) == {"unrelated-formatting": Severity.REVIEW}


@pytest.mark.parametrize("message", ["Add diversity tests", "Round\n\nAdded tests for it."])
def test_tests_that_are_claimed_and_not_there(message: str, tmp_path: Path) -> None:
    (one,) = found(tmp_path, ROUNDED, message)
    assert one.rule == "scope/claim-unsupported"
    deleted: Mapping[str, str | None] = {**ROUNDED, "tests/test_loader.py": None}
    assert told(tmp_path, deleted, message) == {"claim-unsupported": Severity.REVIEW}
    commented = {"tests/test_mmr.py": BASE["tests/test_mmr.py"] + "# tested\n"}
    assert told(tmp_path, {**ROUNDED, **commented}, message) == {"claim-unsupported": Severity.REVIEW}


@pytest.mark.parametrize(
    "head",
    [
        TESTED,
        {"tests/new.json": "[]\n"},
        {"tests/test_mmr.py": None, "tests/unit/test_mmr.py": BASE["tests/test_mmr.py"]},
        {"shop/spec/rank_spec.txt": "x\n"},
        {".github/workflows/windows.yml": "on: push\n"},
        {"shop/loader.py": 'def load(path):\n    """Open.\n\n    >>> load("x")\n    """\n    return open(path)\n'},
    ],
)
def test_tests_that_are_there(head: Mapping[str, str | None], tmp_path: Path) -> None:
    assert "claim-unsupported" not in told(tmp_path, head, "Add diversity tests")


@pytest.mark.parametrize(
    ("message", "bad", "good"),
    [
        ("Split it, no behaviour change", FLIPPED, ROUNDED),
        ("Docs only", ROUNDED, {"README.md": "The shop.\n"}),
        ("Reformat only", ROUNDED, LAID_OUT),
        ("Fix typo", FLIPPED, {"shop/loader.py": BASE["shop/loader.py"].replace("path", "place")}),
        ("Fix typo", {"shop/new.py": "x = 1\n"}, {"README.md": "The shop.\n"}),
        ("Fix typo", {"shop/loader.py": "def load(path):\n" + "    open(path)\n" * 9}, ROUNDED),
        ("Reformat only", {"shop/loader.py": "import io\n"}, {"shop/__init__.py": "# shop\n"}),
    ],
)
def test_what_a_message_says_is_left_alone(
    message: str, bad: Mapping[str, str], good: Mapping[str, str], tmp_path: Path
) -> None:
    assert told(tmp_path, bad, message) == {"claim-unsupported": Severity.REVIEW}
    assert told(tmp_path, good, message) == {}
    assert told(tmp_path, bad, message, "Another thing") == {}


def test_uncommitted_work_is_not_held_to_the_messages_before_it(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, BASE, ROUNDED, messages=["Docs only"])
    assert ScopeGate().run(bench).findings
    assert not ScopeGate().run(replace(bench, change=replace(bench.change, uncommitted=True))).findings
