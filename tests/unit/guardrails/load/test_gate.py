"""The gate with a rig that measures nothing: what it drives, with whose scenario, and what it makes of the answer."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails import config
from guardrails.errors import ConfigurationError, JudgementError, ToolMissingError
from guardrails.gates import load as gate
from guardrails.gates.base import Bench, Profile
from guardrails.gates.load import LoadGate
from guardrails.load import rates
from guardrails.load.rates import Step
from guardrails.load.release import Found
from guardrails.model.exchange import HttpAnswer, HttpRequest
from guardrails.model.load_run import BASE, HEAD, LoadRun, LoadTally
from guardrails.model.result import GateStatus, Outcome, SkipReason, judged
from guardrails.ports import Command, OpenDesk, Service
from guardrails.probes.load import PROJECT
from tests.judge_fakes import NoSuites, RealProcesses, bench_of, rules_of
from tests.load_samples import FakeRig, leaks_of, run_of, sessions_of

GATE = LoadGate()
CHANGE: Mapping[str, str | None] = {"service/answer.py": PROJECT["service/answer.py"] + "\n"}


class Suites(NoSuites):
    def environment(self) -> str:
        return "one"


class Ready(RealProcesses):
    """Every service is there at once, each with a process id of its own, unless its tree does not start."""

    def __init__(self) -> None:
        self.pids = itertools.count(1)

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        if "nowhere" in (command.cwd / "service/answer.py").read_text():
            raise JudgementError("ended with exit status 1")
        yield Service("http://127.0.0.1:1", 1, next(self.pids))


def bench(
    tmp_path: Path,
    rig: FakeRig | None,
    *,
    base: Mapping[str, str] = PROJECT,
    head: Mapping[str, str | None] = CHANGE,
    profile: Profile = Profile.PR,
) -> Bench:
    return replace(
        bench_of(tmp_path, base, head, profile=profile, seed=11), rig=rig, suites=Suites(), processes=Ready()
    )


def run(tmp_path: Path, *runs: LoadRun, head: Mapping[str, str | None] = CHANGE) -> Outcome:
    return GATE.run(bench(tmp_path, FakeRig(*runs), head=head))


def without(*paths: str) -> dict[str, str]:
    return {path: text for path, text in PROJECT.items() if path not in paths}


def test_a_change_to_something_else_is_skipped(tmp_path: Path) -> None:
    skip = GATE.skip(bench(tmp_path, None, head={"README.md": "words"}))
    assert skip is not None
    assert skip.reason is SkipReason.INPUTS_UNCHANGED
    assert "service/**" in skip.sentence


def test_a_change_to_the_service_or_its_scenario_is_not(tmp_path: Path) -> None:
    assert GATE.skip(bench(tmp_path, None)) is None
    assert GATE.skip(bench(tmp_path, None, head={"loadtests/slo.toml": ""})) is None


def test_a_policy_without_inputs_never_skips(tmp_path: Path) -> None:
    policy = PROJECT["guardrails.toml"].replace('inputs = ["service/**", "loadtests/**"]', "")
    assert GATE.skip(bench(tmp_path, None, base={**PROJECT, "guardrails.toml": policy}, head={})) is None


def test_no_scenario_on_either_side_is_no_subject(tmp_path: Path) -> None:
    skip = GATE.skip(bench(tmp_path, None, base={"a.py": ""}, head={"a.py": "1"}))
    assert skip is not None
    assert skip.reason is SkipReason.SUBJECT_ABSENT
    assert GATE.skip(bench(tmp_path, None, base={"a.py": ""}, head=dict(PROJECT))) is None


def test_an_honest_change_passes(tmp_path: Path) -> None:
    outcome = run(tmp_path, *sessions_of(3))
    assert judged("load", outcome, 0.0).status is GateStatus.PASSED
    assert outcome.work == {"requests": 7200, "pairs": 120}
    assert outcome.notes[0].startswith("metric")
    assert {figure.name for figure in outcome.figures} >= {"processor time a request", "latency p50"}


def test_a_slower_head_is_found_with_the_command_that_shows_it(tmp_path: Path) -> None:
    outcome = run(tmp_path, *sessions_of(5, cpu=2))
    assert rules_of(outcome.findings) == ["load/slower-cpu"]
    assert outcome.findings[0].reproduce == "guardrails load --base base --head head"
    assert judged("load", outcome, 0.0).status is GateStatus.FAILED


def test_each_session_has_a_seed_and_services_of_its_own(tmp_path: Path) -> None:
    rig = FakeRig(*sessions_of(3))
    GATE.run(bench(tmp_path, rig))
    assert [(plan.seed, plan.leak_requests) for plan in rig.plans] == [(11, 0), (12, 0), (13, 800), (14, 800)]
    rig = FakeRig(*sessions_of(5, cpu=2))
    GATE.run(bench(tmp_path, rig))
    assert [(plan.seed, plan.leak_requests) for plan in rig.plans] == [(seed, 0) for seed in range(11, 15)], (
        "a head that is to be mended anyway is not asked for leaks"
    )
    pids = [target.pid for targets in rig.targets for target in targets]
    assert len(set(pids)) == len(pids), "services start anew"


def test_a_leak_is_found_by_the_sessions_that_look_for_it(tmp_path: Path) -> None:
    rig = FakeRig(*sessions_of(3), leaks=leaks_of(4, leak=1.2))
    outcome = GATE.run(bench(tmp_path, rig))
    assert rules_of(outcome.findings) == ["load/leak"]
    assert outcome.work["requests"] == 7200, "the floor is of what is timed"
    assert sum(plan.leak_requests > 0 for plan in rig.plans) == 4, "two to see it, and two to confirm it"


def test_the_scenario_and_the_budgets_are_the_bases(tmp_path: Path) -> None:
    rig = FakeRig(*sessions_of(3))
    made = bench(
        tmp_path, rig, head={**CHANGE, "loadtests/slo.toml": "[drive]\nusers = 99", "loadtests/locustfile.py": ""}
    )
    GATE.run(made)
    assert rig.plans[0].root == made.trees.base.root
    assert rig.plans[0].users == 4
    assert [target.side for target in rig.targets[0]] == [BASE, HEAD]


def test_a_release_is_measured_longer(tmp_path: Path) -> None:
    slo = "[drive]\nseconds_per_side = 2\nrelease_seconds_per_side = 9"
    base = {**PROJECT, "loadtests/slo.toml": slo}
    for profile, seconds in ((Profile.PR, 2), (Profile.RELEASE, 9)):
        rig = FakeRig(*sessions_of(3))
        GATE.run(bench(tmp_path, rig, base=base, profile=profile))
        assert rig.plans[0].seconds_per_side == seconds


def test_a_head_that_brings_the_first_scenario_is_driven_alone(tmp_path: Path) -> None:
    rig = FakeRig(run_of(sides=(HEAD,)))
    policy = PROJECT["guardrails.toml"] + '\n[environment]\npath = ["src"]'
    made = bench(tmp_path, rig, base={"README.md": ""}, head={**PROJECT, "guardrails.toml": policy})
    outcome = GATE.run(made)
    assert [target.side for target in rig.targets[0]] == [HEAD]
    assert rig.plans[0].root == made.trees.head.root
    assert rig.plans[0].path == ("src",)
    assert judged("load", outcome, 0.0).status is GateStatus.PASSED


def test_a_head_that_drops_its_scenario_is_driven_with_the_bases(tmp_path: Path) -> None:
    gone: dict[str, str | None] = {"guardrails.toml": None, "loadtests/locustfile.py": None, "loadtests/slo.toml": None}
    rig = FakeRig(*sessions_of(3))
    made = bench(tmp_path, rig, head=gone)
    assert GATE.skip(made) is None
    GATE.run(made)
    assert [target.side for target in rig.targets[0]] == [BASE, HEAD]


def test_a_head_that_does_not_start_is_a_finding(tmp_path: Path) -> None:
    outcome = run(tmp_path, head={"service/answer.py": "import nowhere\n"})
    assert rules_of(outcome.findings) == ["load/does-not-start"]
    assert (
        "nowhere" in outcome.findings[0].what
        or "status 1" in outcome.findings[0].what
        or "ended" in outcome.findings[0].what
    )
    assert judged("load", outcome, 0.0).status is GateStatus.FAILED


def test_a_base_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    base = {**PROJECT, "service/answer.py": "import nowhere\n"}
    with pytest.raises(JudgementError, match="of the base"):
        GATE.run(bench(tmp_path, FakeRig(), base=base, head={"service/answer.py": PROJECT["service/answer.py"]}))


def test_a_dead_server_blocks_although_little_was_sent(tmp_path: Path) -> None:
    tallies = {BASE: LoadTally(BASE, 8, {}, {}), HEAD: LoadTally(HEAD, 8, {"/mix: refused": 7}, {}, died=True)}
    started = run_of(pairs=1).slices
    outcome = run(tmp_path, LoadRun(started, tallies, 0.1, HEAD, "the service of the head died"))
    assert rules_of(outcome.findings) == ["load/server-died"]
    assert judged("load", outcome, 0.0).status is GateStatus.FAILED


def test_too_few_requests_are_never_a_pass(tmp_path: Path) -> None:
    slices = run_of(pairs=1, sides=(BASE, HEAD)).slices[:2]
    tallies = {BASE: LoadTally(BASE, 5, {}, {}), HEAD: LoadTally(HEAD, 5, {}, {})}
    result = judged("load", run(tmp_path, LoadRun(slices, tallies, 0.1)), 0.0)
    assert result.status is GateStatus.ERROR
    assert "requests 20 of at least 40" in result.error


def test_a_head_that_answered_nothing_is_an_error(tmp_path: Path) -> None:
    whole = run_of(pairs=3)
    slices = tuple(one for one in whole.slices if one.side == BASE)
    with pytest.raises(JudgementError, match="no good answer"):
        run(tmp_path, replace(whole, slices=slices))


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (without("loadtests/slo.toml"), "load.slo is 'loadtests/slo.toml'"),
        (without("loadtests/locustfile.py"), "load.locustfile is 'loadtests/locustfile.py'"),
        ({**PROJECT, "loadtests/slo.toml": "[drive]\nuser = 3"}, "Did you mean 'drive.users'"),
        ({**PROJECT, "guardrails.toml": '[load]\nlocustfile = "loadtests/locustfile.py"'}, "load.command is empty"),
    ],
)
def test_a_wrong_configuration_is_said(tmp_path: Path, base: Mapping[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        GATE.run(bench(tmp_path, FakeRig(), base=base))


def test_a_missing_tool_or_rig_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"recsys-guardrails\[load\]"):
        GATE.run(bench(tmp_path, FakeRig(ToolMissingError("Install recsys-guardrails[load]."))))  # type: ignore[arg-type] # an exception is an answer too
    with pytest.raises(JudgementError, match="no load generator"):
        GATE.run(bench(tmp_path, None))


def test_every_rule_explains_itself_and_is_the_gates() -> None:
    assert all(rule.gate == "load" and rule.why and rule.fix for rule in GATE.rules)
    assert {probe.rule for probe in GATE.probes} <= {rule.id for rule in GATE.rules}


METRICS = PROJECT["guardrails.toml"].replace(
    "[load]", '[load]\nmetrics_path = "/metrics"\nstage_metric = "service_seconds"\nstage_label = "part"'
)


class Metrics:
    """Each service has spent another second in `rank`, the head two, whenever it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        self.asked += [request.path for request in requests]
        spent = len(self.asked) * (2 if len(self.asked) % 2 == 0 else 1)
        return (HttpAnswer(200, f'service_seconds_sum{{part="rank"}} {spent}\n'.encode()),)


def test_an_outcome_has_pictures_and_without_metrics_no_stages(tmp_path: Path) -> None:
    outcome = run(tmp_path, run_of())
    assert [plot.title for plot in outcome.pictures.plots][:2] == ["Latency by percentile", "Latency histogram"]
    assert outcome.pictures.tables == ()
    assert not any("where the time went" in note for note in outcome.notes)


def test_the_services_own_metrics_are_read_where_the_base_names_them(tmp_path: Path) -> None:
    http = Metrics()
    made = bench(tmp_path, FakeRig(*sessions_of(5, cpu=2)), base={**PROJECT, "guardrails.toml": METRICS})
    outcome = GATE.run(replace(made, http=http))
    assert http.asked == ["/metrics"] * 16, "two services, at both ends of four sessions"
    assert "the stage that grew most is 'rank'" in outcome.findings[0].what
    assert [row.name for row in outcome.pictures.tables[0].rows] == ["rank"]


def test_metrics_that_only_the_head_names_are_not_read(tmp_path: Path) -> None:
    http = Metrics()
    made = bench(tmp_path, FakeRig(run_of()), head={**CHANGE, "guardrails.toml": METRICS})
    assert not GATE.run(replace(made, http=http)).pictures.tables
    assert http.asked == []


def test_a_service_without_the_metric_gives_no_table_and_says_so(tmp_path: Path) -> None:
    policy = METRICS.replace("service_seconds", "other_seconds")
    made = bench(tmp_path, FakeRig(run_of()), base={**PROJECT, "guardrails.toml": policy})
    outcome = GATE.run(replace(made, http=Metrics()))
    assert outcome.pictures.tables == ()
    assert any("where the time went is not known: /metrics of the head has no" in note for note in outcome.notes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('metrics_path = "/metrics"', "set one of them too"),
        ('stage_metric = "m"', "set one of them too"),
        ('metrics_path = "metrics"\nstage_metric = "m"', "must begin with a slash"),
        ('metrics_path = "/m"\nstage_metric = "a b"', "stage_metric is 'a b'"),
        ('metrics_path = "/m"\nstage_metric = "m"\nstage_label = "a-b"', "stage_label is 'a-b'"),
        ('metrics = "/m"', "Did you mean 'load.metrics_path'"),
    ],
)
def test_metrics_that_cannot_be_read_are_refused_with_the_policy(line: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        config.parse(f"[load]\n{line}\n", "guardrails.toml")


def test_what_a_release_was_asked_has_its_pictures_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [Step(HEAD, 10.0, 5.0), Step(HEAD, 20.0, 6.0)]
    monkeypatch.setattr(gate, "for_release", lambda *_: Found(plots=rates.pictures(steps, None)))
    slo = "[release]\nseconds = 9\n"
    made = bench(tmp_path, FakeRig(run_of()), base={**PROJECT, "loadtests/slo.toml": slo}, profile=Profile.RELEASE)
    outcome = GATE.run(replace(made, desk=OpenDesk(FakeRig(), lambda: 0.0, print, 1.0)))  # type: ignore[arg-type] # not driven
    assert [plot.title for plot in outcome.pictures.plots][-1] == "Latency p99 by rate"
    assert len(outcome.pictures.plots) > 1
