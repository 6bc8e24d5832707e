"""Which stage is said to have grown, and when none is."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from guardrails.load.growth import explained, growths, silences, table
from guardrails.load.judgement import Evidence, findings, weigh
from guardrails.load.slo import Slo
from guardrails.model.load_run import BASE, HEAD, LoadRun, StageTimes
from guardrails.model.picture import MOST_ROWS
from tests.load_samples import run_of

SESSIONS = 5
BEFORE = {"rank": 3600.0, "merge": 1800.0, "filter": 900.0}


def staged(base: Mapping[str, float], head: Mapping[str, float], **sample: float) -> LoadRun:
    """A run of 3,600 requests a side, with what each side says that it spent in all of them, in milliseconds."""
    return replace(run_of(**sample), stages={BASE: StageTimes(base), HEAD: StageTimes(head)})  # type: ignore[arg-type]


def evidence(head: Mapping[str, float], **sample: float) -> Evidence:
    return weigh([staged(BEFORE, head, **sample, seed=seed) for seed in range(SESSIONS)], Slo())


def said(one: Evidence) -> list[str]:
    return [finding.what.partition(f"in {SESSIONS} sessions")[2] for finding in explained(findings(one), one)]


def test_stages_are_milliseconds_a_request_over_all_runs_the_largest_growth_first() -> None:
    run = staged(BEFORE, {"rank": 3600.0, "merge": 5400.0, "new": 360.0})
    found = growths([run, run])
    assert [(one.stage, one.base, one.head) for one in found] == [
        ("merge", 0.5, 1.5),
        ("new", None, 0.1),
        ("rank", 1.0, 1.0),
        ("filter", 0.25, None),
    ]


def test_the_finding_names_the_stage_that_grew_most_once_for_each_rule() -> None:
    told = said(evidence({**BEFORE, "merge": 3600.0}, cpu=1.5, latency=1.5))
    assert len(told) >= 3, "the sample is slower by more than one percentile"
    assert told[0] == (
        ". By the service's own metrics the stage that grew most is 'merge' (base 0.500 ms, head 1.000 ms a request)"
    )
    assert sum("merge" in one for one in told) == 2


def test_requests_that_wait_for_each_other_have_their_stage_too() -> None:
    one = evidence({**BEFORE, "merge": 9000.0}, together=2.0)
    (found,) = [finding for finding in explained(findings(one), one) if finding.rule == "load/slower-together"]
    assert "the stage that grew most is 'merge'" in found.what


def test_a_stage_that_explains_nothing_is_not_offered_as_the_place() -> None:
    (told, *_) = said(evidence({**BEFORE, "merge": 1801.0}, cpu=1.5))
    assert told.startswith(". No stage of the service's own metrics grew enough to explain it")
    (told, *_) = said(evidence({stage: took / 2 for stage, took in BEFORE.items()}, cpu=1.5))
    assert "No stage" in told


def test_no_stage_grew_where_none_did_even_if_the_mean_fell() -> None:
    told = said(evidence(BEFORE, latency=0.9, tail=8.0))
    assert told, "the sample is slower at p99, and faster in the mean"
    assert told[0].startswith(". No stage of the service's own metrics grew enough")


def test_a_name_that_the_head_chose_is_quoted() -> None:
    (told, *_) = said(evidence({**BEFORE, "x\n\x1b[31mverdict: pass": 9000.0}, cpu=1.5))
    assert r"'x\n\x1b[31mverdict: pass' (base without it" in told
    assert "\n" not in told


def test_without_metrics_of_both_sides_in_every_run_there_is_no_table_and_no_name() -> None:
    whole, bare = staged(BEFORE, {"rank": 9000.0}, cpu=1.5), run_of(cpu=1.5)
    silent = replace(whole, stages={BASE: StageTimes(BEFORE), HEAD: StageTimes({}, "the head does not tell")})
    for runs in ([bare], [whole, bare], [whole, silent], []):
        assert growths(runs) == ()
    assert table(()) is None
    assert silences([whole, silent, silent]) == ("where the time went is not known: the head does not tell",)
    assert silences([whole]) == ()
    assert said(
        weigh([replace(silent, slices=run_of(cpu=1.5, seed=seed).slices) for seed in range(SESSIONS)], Slo())
    ) == [""]


def test_the_verdict_is_the_same_whatever_the_metrics_say() -> None:
    for head in ({"rank": 0.0}, {"rank": 1e12}, {}):
        for sample in ({}, {"cpu": 1.5}):
            one = evidence(head, **sample)
            plain = weigh([replace(run, stages={}) for run in one.runs], Slo())
            rules = [(finding.rule, finding.severity) for finding in explained(findings(one), one)]
            assert rules == [(finding.rule, finding.severity) for finding in findings(plain)]


def test_the_table_is_sorted_by_difference_and_adds_up_what_does_not_fit() -> None:
    head = {f"s{n:02}": 3600.0 * (100 + (n if n % 2 else -n)) for n in range(60)}
    shown = table(growths([staged(dict.fromkeys(head, 360000.0), head)]))
    assert shown is not None
    assert len(shown.rows) == MOST_ROWS
    assert shown.rows[0].name == "s59"
    assert shown.rows[0].values == (100.0, 159.0, 59.0)
    assert shown.rows[-1].name == f"{60 - MOST_ROWS + 1} others"
    differences = [row.values[2] for row in shown.rows[:-1] if row.values[2] is not None]
    assert differences == sorted(differences, reverse=True)
    assert sum(row.values[0] or 0 for row in shown.rows) == pytest.approx(6000.0, rel=0.01)
