"""Gate contracts: promised times, and pacts that are pending."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guardrails.analysis import fetched
from guardrails.analysis.fetched import Origin
from guardrails.analysis.pacts import UnreadablePactError, parse
from guardrails.analysis.promises.timing import promised_seconds
from guardrails.errors import JudgementError
from guardrails.gates.contracts import ContractsGate
from guardrails.model.finding import Severity
from guardrails.model.result import GateStatus, judged
from guardrails.ports import StateCall, Timed
from guardrails.probes.contracts import BASE, SHOP, interaction, pact, project
from tests.judge_fakes import Content
from tests.judge_suites import running_bench
from tests.unit.guardrails.gates.test_contracts import PACT, PRODUCT, STATE, Scripted, fail_first, promised, ran, told

SOON = pact(interaction(), interaction("a track soon", comments={"answers-within-ms": 300}))
TIMELY = project(SOON)
ORIGINS = "contracts/pacts/fetched.toml"
PENDING = fetched.written({"player-shop.json": Origin("1.4", pending=True)})


# --- Promised times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comments", "seconds"),
    [
        ({"answers-within-ms": 250}, 0.25),
        ({"answers-within-ms": "250"}, 0.25),
        ({"text": ["a word", "Answers within 1.5 ms."]}, 0.0015),
        ({"text": ["it answers within 250 ms, mostly"]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_promised_time_is_a_comment(comments: object, seconds: float | None) -> None:
    assert promised_seconds({"comments": comments}) == seconds


@pytest.mark.parametrize("said", [0, -1, True, "soon", None, [], float("inf"), float("nan"), 10**400])
def test_a_time_that_is_none_is_named(said: object) -> None:
    with pytest.raises(ValueError, match="a number of milliseconds above 0"):
        promised_seconds({"comments": {"answers-within-ms": said}})


def test_a_pact_with_a_wrong_time_cannot_be_read() -> None:
    twice = interaction(comments={"answers-within-ms": 1, "text": ["answers within 2 ms"]})
    with pytest.raises(UnreadablePactError, match=r"p\.json: the interaction 'a track' promises 2 times"):
        parse("p.json", pact(twice))
    message = {"description": "m", "contents": {}, "comments": {"answers-within-ms": 1}}
    with pytest.raises(UnreadablePactError, match="'m' promises a time for a message"):
        parse("p.json", pact(message))


class Timing(Scripted):
    """A verifier by whose clock the head, and then the base, took so long."""

    times: Sequence[float | None] = ()

    def measure(self, provider: str, pacts: Sequence[str], timed: Sequence[Timed], **_: object) -> list[float | None]:
        assert timed == [Timed(0, "a track soon", 0, 1, 0.3)]
        head, *self.times = self.times
        return [head]


@pytest.mark.parametrize(
    ("times", "found", "said"),
    [
        ([0.3], [], ""),
        ([0.31, 0.02], [("late", "block")], "promised within 300 ms; the head's took 310 ms at best, the base's 20 ms"),
        ([1.31, 0.4], [("late", "review")], "took 1.31 s at best. So does the base's now (400 ms): an old fault, or a"),
        ([0.31, None], [("late", "block")], "the head's took 310 ms at best"),
        ([None, 0.02], [("unverified", "block")], "how long it takes could not be measured"),
    ],
)
def test_what_is_over_its_time(
    times: list[float | None], found: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.unit.guardrails.gates.test_contracts.Scripted", Timing)
    monkeypatch.setattr(Timing, "times", times)
    outcome, provider, _ = ran(tmp_path, PRODUCT, base=TIMELY, written=SOON)
    assert told(outcome) == found
    assert provider.served == (["head", "base"] if len(times) > 1 else ["head"]), "the base runs only to compare"
    wrong = [entry for entry in outcome.verified if not entry.good]
    assert [entry.description for entry in wrong] == ["a track soon"] * len(outcome.findings)
    for finding in outcome.findings:
        assert said in finding.what
        assert finding.path == PACT
        assert said in wrong[0].mismatches[0]


def test_a_wrong_answer_is_not_told_to_be_late_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.guardrails.gates.test_contracts.Scripted", Timing)
    monkeypatch.setattr(Timing, "times", [None, None])
    outcome, _, _ = ran(tmp_path, PRODUCT, base=TIMELY, written=SOON, edit=lambda all_: fail_first(all_[::-1]))
    assert told(outcome) == [("mismatch", "block")]


# --- Pending ----------------------------------------------------------------------------------------------------------


def waiting(**changes: object) -> str:
    return pact(interaction(pending=True, **changes), interaction("a track again"))


def test_a_pending_interaction_is_shown_and_does_not_block(tmp_path: Path) -> None:
    base, more = project(waiting()), {"edit": fail_first}
    outcome, _, _ = ran(tmp_path, PRODUCT, base=base, written=waiting(), **more)
    [finding] = outcome.findings
    assert (finding.rule, finding.severity) == ("contracts/mismatch", Severity.NOTE)
    assert finding.what.endswith("the head no longer sends it. It is pending: this does not count yet")
    assert judged("contracts", outcome, 0).status is GateStatus.PASSED
    assert [(one.good, one.pending) for one in outcome.verified] == [(False, True), (True, False)]


def test_its_missing_state_does_not_block_unless_another_needs_it(tmp_path: Path) -> None:
    more = {"states": (StateCall(STATE, "setup", 404, "no"),)}
    alone = pact(interaction(pending=True))
    outcome, _, _ = ran(tmp_path, PRODUCT, base=project(alone), written=alone, more=more)
    assert told(outcome) == [("no-state-handler", "note")]
    outcome, _, _ = ran(tmp_path, PRODUCT, base=project(waiting()), written=waiting(), more=more)
    assert told(outcome) == [("no-state-handler", "block")]


def test_what_is_pending_must_be_verified_all_the_same(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, base=project(waiting()), written=waiting(), edit=lambda results: results[1:])
    assert told(outcome) == [("unverified", "block")]


def test_a_pact_that_the_broker_calls_pending_does_not_block(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, base={**BASE, ORIGINS: PENDING}, edit=fail_first)
    assert told(outcome) == [("mismatch", "note")]


@pytest.mark.parametrize("head", [{ORIGINS: PENDING}, promised(waiting())])
def test_a_change_cannot_make_its_own_failure_pending(head: Mapping[str, Content | None], tmp_path: Path) -> None:
    written = str(head.get(PACT, BASE[PACT]))
    outcome, _, _ = ran(tmp_path, {**PRODUCT, **head}, written=written, edit=fail_first)
    found = told(outcome)
    assert ("interaction-weakened", "review") in found
    assert {("mismatch", "block"), ("mismatch", "review")} & set(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is not TOML"),
        ("x = 1", "holds something else"),
        ("pact = 1", "holds something else"),
        ('[[pact]]\nfile = "a"\npending = "yes"', "the field 'pending'"),
        ('[[pact]]\nfile = "a"\nsurprise = 1', "the field 'surprise'"),
        ('[[pact]]\nfile = "a"\n[[pact]]\nfile = "a"', "the file 'a'"),
        ("[[pact]]\npending = true", "the file ''"),
    ],
)
def test_an_origin_that_cannot_be_read_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match=f"{ORIGINS}.*{said}"):
        ran(tmp_path, PRODUCT, base={**BASE, ORIGINS: text})
    outcome, _, _ = ran(tmp_path, {**PRODUCT, ORIGINS: text})
    assert ("unreadable-pact", "block") in told(outcome)


def test_origins_are_read_as_they_were_written() -> None:
    origins = {'a"b.json': Origin('1"\\', pending=True, why=("new\x7f \U0001f3b5", "")), "b.json": Origin()}
    read = fetched.parse("f", fetched.written(origins))
    assert read == {**origins, 'a"b.json': replace(origins['a"b.json'], why=("new  \U0001f3b5", ""))}


@pytest.mark.slow
def test_pending_is_what_pact_s_own_verifier_takes_it_for(tmp_path: Path) -> None:
    base = project(waiting())
    bad: dict[str, Any] = {"shop.py": SHOP.replace('"reason"', '"why"')}
    outcome = ContractsGate().run(running_bench(tmp_path, base, bad))
    assert told(outcome) == [("mismatch", "block"), ("mismatch", "note")]
    assert dict(outcome.work) == dict(outcome.floor)
