"""Gate dependencies with an index: what is looked up, and what each answer means."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from guardrails.config import parse
from guardrails.gates.dependencies import DependenciesGate
from guardrails.model.exchange import HttpAnswer
from guardrails.model.finding import Severity
from guardrails.model.result import Outcome
from guardrails.probes.dependencies import BASE
from tests.judge_fakes import bench_of
from tests.unit.guardrails.gates.test_dependencies import needs

C = "sha256:" + "c" * 64
POLICY = parse('[dependencies]\nindex = "https://index.example/simple"\nallow = ["ours"]\n', "test")
OLD = {"filename": "x-1.0.tar.gz", "upload-time": "2015-01-01T00:00:00.000Z", "yanked": False}


class Index:
    """A `PackageIndex` that answers from a script and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, HttpAnswer]) -> None:
        self.answers, self.asked = answers, list[str]()

    def ask(self, index: str, names: Sequence[str], *, whole: float) -> Mapping[str, HttpAnswer]:
        assert (index, whole) == ("https://index.example/simple", 20)
        self.asked += names
        return self.answers


def found(*files: Mapping[str, Any], versions: Sequence[str] | None = ("1.0",)) -> HttpAnswer:
    told = {"name": "x", "files": files} | ({} if versions is None else {"versions": versions})
    return HttpAnswer(200, json.dumps(told).encode())


def judged(tmp_path: Path, head: Mapping[str, str | None], index: Index, today: date = date(2020, 1, 1)) -> Outcome:
    bench = replace(bench_of(tmp_path, BASE, head, policy=POLICY), index=index, today=today)
    return DependenciesGate().run(bench)


def said(out: Outcome) -> dict[str, Severity]:
    return {finding.rule.partition("/")[2]: finding.severity for finding in out.findings}


UNLOCKED = {"not-in-lock": Severity.REVIEW}
KNOWN = {"unknown-name": Severity.NOTE, **UNLOCKED}
UNKNOWN = {"unknown-name": Severity.REVIEW, **UNLOCKED}


@pytest.mark.parametrize(
    ("requirement", "answer", "expected"),
    [
        ("rank-oil>=1", found(OLD), KNOWN),
        ("rank-oil==1", found(OLD, versions=None), KNOWN),
        ("rank-oil==1.0.0", found(OLD), KNOWN),
        ("rank-oil==2.0", found(OLD), {**KNOWN, "not-in-index": Severity.BLOCK}),
        ("rank-oil>=1", found(versions=()), {**UNKNOWN, "not-in-index": Severity.BLOCK}),
        ("rank-oil>=1", HttpAnswer(404), {**UNKNOWN, "not-in-index": Severity.BLOCK}),
        (
            "rank-oil>=1",
            found({**OLD, "upload-time": "2019-12-20T00:00:00Z"}),
            {**KNOWN, "young-package": Severity.REVIEW},
        ),
        ("rank-oil>=1", found({**OLD, "upload-time": "2019-12-01T00:00:00Z"}), KNOWN),
        ("rank-oil>=1", found({**OLD, "yanked": "broken"}), {**KNOWN, "yanked": Severity.REVIEW}),
        ("rank-oil==1.0", found({**OLD, "yanked": True}, {**OLD, "filename": "x-1.0-py3-none-any.whl"}), KNOWN),
        ("rank-oil>=1", HttpAnswer(0, trouble="no route"), {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("rank-oil>=1", HttpAnswer(503), {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("rank-oil>=1", HttpAnswer(200, b"<html>"), {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("rank-oil>=1", HttpAnswer(200, b'{"files": 1}'), {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("rank-oil>=1", HttpAnswer(200, b"[" * 100_000), {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("rank-oil>=1", None, {**UNKNOWN, "look-up-failed": Severity.REVIEW}),
        ("reqeusts>=1", found(OLD), {"look-alike": Severity.BLOCK, **UNLOCKED}),
    ],
)
def test_what_an_answer_means(
    tmp_path: Path, requirement: str, answer: HttpAnswer | None, expected: Mapping[str, Severity]
) -> None:
    name = requirement.partition(">=")[0].partition("==")[0]
    index = Index({} if answer is None else {name: answer})
    assert said(judged(tmp_path, needs(BASE, requirement), index)) == expected
    assert index.asked == [name]


def test_names_of_a_lock_are_looked_up_and_known_ones_are_not(tmp_path: Path) -> None:
    lock = BASE["requirements.lock"] + f"scipy==1.14.1 --hash={C}\ndeep-rank==3.0 --hash={C}\n"
    index = Index({"scipy": found(OLD, versions=["1.14.1"]), "deep-rank": HttpAnswer(404)})
    out = judged(tmp_path, {**needs(BASE, "scipy>=1.14"), "requirements.lock": lock}, index)
    assert index.asked == ["scipy", "deep-rank"]
    (absent,) = [finding for finding in out.findings if finding.rule == "dependencies/not-in-index"]
    assert (absent.path, absent.line) == ("requirements.lock", 4)
    assert out.notes == ("1 of 2 new names were found in https://index.example/simple",)


@pytest.mark.parametrize("requirement", ["ours>=1", "numpy>=2.1", "ranker @ https://example.org/ranker-1.0.tar.gz"])
def test_what_is_not_looked_up(tmp_path: Path, requirement: str) -> None:
    index = Index({})
    judged(tmp_path, needs(BASE, requirement), index)
    assert index.asked == []


def test_a_flood_of_names_is_not_asked_for(tmp_path: Path) -> None:
    lock = BASE["requirements.lock"] + "".join(f"rank-{n}==1.0 --hash={C}\n" for n in range(103))
    index = Index({f"rank-{n}": found(OLD) for n in range(103)})
    out = judged(tmp_path, {"requirements.lock": lock}, index)
    assert len(index.asked) == 100
    assert sum(finding.rule == "dependencies/look-up-failed" for finding in out.findings) == 3
