"""Declarations: trailers as git reads them, the file, and what follows from both."""

from pathlib import Path

import pytest

from guardrails.analysis.intents import Intent, declared, parse, trailers
from tests.judge_fakes import bench_of

FILE = ".guardrails/intent.toml"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Split\n\nIntent: refactor", (("intent", "refactor"),)),
        (
            "Split\n\nWhy.\n\nIntent: refactor\nArea: ranking,\n  reranking",
            (("intent", "refactor"), ("area", "ranking, reranking")),
        ),
        ("Split\r\n\r\nINTENT: fix\r\n", (("intent", "fix"),)),
        ("Intent: refactor", ()),
        ("Split\n\nIntent: refactor\n\nAnd more.", ()),
        ("Split\n\nThe intent is this\nIntent: refactor", ()),
        ("Split\n\nNote:this is prose", ()),
        ("", ()),
    ],
)
def test_trailers(message: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert trailers(message) == expected


def test_intents_by_other_names_and_unknown_ones_with_the_nearest() -> None:
    said = parse(
        ["a\n\nIntent: Refactoring, perf", "b\n\nIntent: refctor\nArea: ranking", "c\n\nIntent: zzz\nArea: ranking"]
    )
    assert said.intents == {Intent.REFACTOR, Intent.PERFORMANCE}
    assert said.unknown == (("refctor", "refactor"), ("zzz", ""))
    assert said.areas == ("ranking",)


@pytest.mark.parametrize(
    ("words", "keeps", "changes", "codeless", "contradicts"),
    [
        ("refactor", True, False, False, False),
        ("performance, test", True, False, False, False),
        ("refactor, feature", False, True, False, True),
        ("docs, test", False, False, True, False),
        ("docs, feature", False, True, False, False),
        ("chore", False, False, False, False),
    ],
)
def test_what_follows_from_intents(words: str, keeps: bool, changes: bool, codeless: bool, contradicts: bool) -> None:
    said = parse([f"a\n\nIntent: {words}"])
    assert said.keeps_behaviour is keeps
    assert said.changes_behaviour is changes
    assert said.is_codeless is codeless
    assert (said.contradiction is not None) is contradicts


def test_nothing_is_declared_by_default() -> None:
    said = parse(["a"])
    assert not any((said.keeps_behaviour, said.changes_behaviour, said.is_codeless, said.contradiction))


def test_a_file_declares_beside_trailers() -> None:
    said = parse(["a\n\nIntent: test"], 'intent = "docs"\narea = ["ranking"]\nwhy = "asked for"\n')
    assert said.intents == {Intent.DOCS, Intent.TEST}
    assert said.areas == ("ranking",)


@pytest.mark.parametrize("text", ["intent = 3\n", "intend = 'docs'\n", "intent =\n"])
def test_a_file_that_cannot_be_read_is_told(text: str) -> None:
    assert "the file" in parse([], text).trouble


def test_a_file_that_an_earlier_change_left_says_nothing(tmp_path: Path) -> None:
    old = {FILE: 'intent = "refactor"\n', "a.py": ""}
    stale = bench_of(tmp_path, old, {"a.py": "x = 1\n"})
    assert not declared(stale.change, stale.trees, FILE).intents
    fresh = bench_of(tmp_path, old, {FILE: 'intent = "fix"\n'})
    assert declared(fresh.change, fresh.trees, FILE).intents == {Intent.FIX}
    assert not declared(fresh.change, fresh.trees, "").intents
