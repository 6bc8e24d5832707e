"""The gate with a client that asks nobody: whom it asks, and what it makes of the answers."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.loopback import LoopbackClient
from guardrails.errors import ConfigurationError, JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.behaviour import BehaviourGate
from guardrails.model.example import Example, Reason
from guardrails.model.exchange import HttpAnswer, HttpRequest
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, Outcome, SkipReason, judged
from guardrails.ports import Command, Service
from guardrails.probes.behaviour import PROJECT
from tests.judge_fakes import NoSuites, RealProcesses, bench_of, check_probe, rules_of

GATE = BehaviourGate()
USERS = 8
UNTESTED: Mapping[str, str | None] = {"service/rank.py": PROJECT["service/rank.py"] + "\n"}
CHANGE: Mapping[str, str | None] = {**UNTESTED, "tests/test_rank.py": "def test_rank():\n    assert True\n"}
REFACTOR = "Split the ranking\n\nIntent: refactor"
INTENT = ".guardrails/intent.toml"


class Suites(NoSuites):
    def environment(self) -> str:
        return "one"


class Ready(RealProcesses):
    """Every service is there at once, unless its tree does not start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        if "nowhere" in (command.cwd / "service/rank.py").read_text():
            raise JudgementError("ended with exit status 1")
        self.started.append(command.cwd.name)
        yield Service("http://127.0.0.1:1", 1, 1)


class Client:
    """An `HttpClient` whose services answer with `runs` in turn, the last one again and again."""

    def __init__(self, *runs: Sequence[HttpAnswer]) -> None:
        self.runs = [*runs[:-1], *itertools.repeat(runs[-1], 9)]
        self.asked: list[Sequence[HttpRequest]] = []

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        self.asked.append(requests)
        return tuple(self.runs.pop(0)[: len(requests)])


def slate(ids: str, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, json.dumps({"items": [{"id": one} for one in ids]}).encode())


SAME = [slate("abcdefghij")] * USERS
SWAPPED = [slate("bacdefghij"), *SAME[1:]]
FAR = [slate("qrstuvwxyz")] * USERS


def bench(
    tmp_path: Path,
    client: Client,
    *messages: str,
    base: Mapping[str, str] = PROJECT,
    head: Mapping[str, str | None] = CHANGE,
) -> Bench:
    made = bench_of(tmp_path, base, head, messages=messages, seed=11)
    return replace(made, http=client, suites=Suites(), processes=Ready())


def run(tmp_path: Path, head: Sequence[HttpAnswer], *messages: str) -> Outcome:
    """What the gate says of a head that answers so, where the base always answers with SAME."""
    return GATE.run(bench(tmp_path, Client(SAME, head, SAME), *messages))


def found(outcome: Outcome) -> dict[str, Severity]:
    return {finding.rule.removeprefix("behaviour/"): finding.severity for finding in outcome.findings}


@pytest.mark.slow
@pytest.mark.parametrize("probe", GATE.probes, ids=lambda probe: probe.rule)
def test_a_probe_holds(probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.judge_fakes.NoSuites", Suites)
    monkeypatch.setattr("tests.judge_fakes.Bench", lambda **parts: Bench(**parts, http=LoopbackClient()))
    check_probe(GATE, probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in GATE.probes} == {rule.id for rule in GATE.rules}


def test_a_change_to_something_else_is_skipped(tmp_path: Path) -> None:
    skip = GATE.skip(bench(tmp_path, Client(SAME), head={"README.md": "words"}))
    assert skip is not None
    assert skip.reason is SkipReason.INPUTS_UNCHANGED
    assert GATE.skip(bench(tmp_path, Client(SAME))) is None


def test_a_repository_without_requests_has_no_subject(tmp_path: Path) -> None:
    skip = GATE.skip(bench_of(tmp_path, {"a.py": ""}, {"a.py": "x = 1\n"}))
    assert skip is not None
    assert skip.reason is SkipReason.SUBJECT_ABSENT


def test_equal_answers_pass_and_the_base_is_asked_once(tmp_path: Path) -> None:
    client = Client(SAME)
    outcome = GATE.run(bench(tmp_path, client, REFACTOR))
    assert (outcome.findings, outcome.work) == ((), {"requests": USERS, "slates": USERS})
    assert judged("behaviour", outcome, 0.0).status is GateStatus.PASSED
    assert len(client.asked) == 2
    assert client.asked[0] == client.asked[1]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Swap", {"differs": Severity.NOTE}),
        ("Swap\n\nIntent: fix", {"differs": Severity.NOTE}),
        ("Swap\n\nIntent: chore", {"differs": Severity.NOTE}),
        ("Swap\n\nIntent: refactor, feature", {"differs": Severity.NOTE}),  # scope sends the contradiction to a person
        (REFACTOR, {"changed": Severity.BLOCK}),
        ("Swap\n\nIntent: performance", {"changed": Severity.BLOCK}),
        ("Swap\n\nIntent: docs", {"changed": Severity.BLOCK}),
        ("Swap, no behaviour change", {"changed": Severity.REVIEW}),
        ("Swap, no behaviour change\n\nIntent: fix", {"differs": Severity.NOTE}),
    ],
)
def test_a_difference_weighs_what_was_promised(message: str, expected: dict[str, Severity], tmp_path: Path) -> None:
    assert found(run(tmp_path, SWAPPED, message)) == expected


@pytest.mark.parametrize("message", ["Swap", "Swap\n\nIntent: fix"])
def test_other_answers_without_a_word_from_any_test_are_for_a_person(message: str, tmp_path: Path) -> None:
    def weighed(head: Mapping[str, str | None], answers: Sequence[HttpAnswer] = SWAPPED) -> dict[str, Severity]:
        return found(GATE.run(bench(tmp_path, Client(SAME, answers, SAME), message, base=base, head=head)))

    base = {**PROJECT, "tests/test_old.py": "def test_old():\n    assert True\n", "tests/data.json": "1\n"}
    assert weighed(UNTESTED) == {"untested": Severity.REVIEW}
    assert weighed({**UNTESTED, "tests/test_old.py": None}) == {"untested": Severity.REVIEW}
    assert weighed({**UNTESTED, "tests/data.json": "2\n"}) == {"untested": Severity.REVIEW}
    assert weighed(CHANGE) == {"differs": Severity.NOTE}
    assert weighed(UNTESTED, SAME) == {}


def test_one_message_of_two_that_claims_nothing_makes_no_promise(tmp_path: Path) -> None:
    assert found(run(tmp_path, SWAPPED, "Swap, no behaviour change", "Cap artists")) == {"differs": Severity.NOTE}


def test_a_file_promises_too(tmp_path: Path) -> None:
    head = {**CHANGE, INTENT: 'intent = "refactor"\n'}
    outcome = GATE.run(bench(tmp_path, Client(SAME, SWAPPED, SAME), head=head))
    assert found(outcome) == {"changed": Severity.BLOCK}


def test_what_a_reader_is_told(tmp_path: Path) -> None:
    (finding,) = run(tmp_path, SWAPPED, REFACTOR).findings
    assert "declares the intent refactor, and 1 of 8 answers differ: 1 of 8 slates, overlap@10 1.000" in finding.what
    assert "rank-biased overlap (p = 0.9) 0.98" in finding.what
    assert "GET /slate?user=0: moved b (2 to 1), a (1 to 2)\n  base: a b c d" in finding.what
    assert finding.reproduce.endswith("--only behaviour --profile pr --seed 11")


def test_long_ids_and_fields_of_a_service_are_told_in_short(tmp_path: Path) -> None:
    long = HttpAnswer(200, json.dumps({"items": [{"id": "x\n" * 500}], "y" * 5000: 1}).encode())
    (finding,) = run(
        tmp_path, [long, HttpAnswer(200, SAME[0].body[:-1] + b', "' + b"z" * 5000 + b'": 1}'), *SAME[2:]]
    ).findings
    assert len(finding.what) < 1500
    assert len(finding.what.split("\n")) == 5


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("New", {"large-change": Severity.REVIEW}),
        ("New\n\nIntent: chore", {"large-change": Severity.REVIEW}),
        ("New\n\nIntent: feature", {"differs": Severity.NOTE}),
        (REFACTOR, {"changed": Severity.BLOCK}),
    ],
)
def test_slates_that_have_nothing_in_common(message: str, expected: dict[str, Severity], tmp_path: Path) -> None:
    assert found(run(tmp_path, FAR, message)) == expected


@pytest.mark.parametrize("bad", [HttpAnswer(500), HttpAnswer(422), slate(""), HttpAnswer(0, trouble="refused")])
def test_an_answer_that_is_lost_blocks_whatever_is_declared(bad: HttpAnswer, tmp_path: Path) -> None:
    outcome = run(tmp_path, [bad, *SAME[1:]], "New\n\nIntent: feature")
    assert found(outcome) == {"answers-lost": Severity.BLOCK}
    assert "1 of 8 answers that the base gives are lost\nGET /slate?user=0: " in outcome.findings[0].what


def test_lost_and_changed_answers_are_both_told(tmp_path: Path) -> None:
    outcome = run(tmp_path, [HttpAnswer(500), slate("bacdefghij"), *SAME[2:]], REFACTOR)
    assert found(outcome) == {"answers-lost": Severity.BLOCK, "changed": Severity.BLOCK}


def test_where_the_base_disagrees_with_itself_nothing_is_said(tmp_path: Path) -> None:
    again = [slate("xacdefghij"), *SAME[1:]]
    outcome = GATE.run(bench(tmp_path, Client(SAME, SWAPPED, again), REFACTOR))
    assert (outcome.findings, outcome.work["requests"]) == ((), USERS - 1)
    assert "1 requests were left out" in outcome.notes[1]


def test_a_base_that_never_agrees_with_itself_is_no_pass(tmp_path: Path) -> None:
    outcome = GATE.run(bench(tmp_path, Client(SAME, FAR, FAR), REFACTOR))
    assert judged("behaviour", outcome, 0.0).status is GateStatus.ERROR


def test_a_head_that_does_not_start_is_a_finding_and_a_base_that_does_not_an_error(tmp_path: Path) -> None:
    outcome = GATE.run(bench(tmp_path, Client(SAME), head={"service/rank.py": "nowhere"}))
    assert rules_of(outcome.findings) == ["behaviour/does-not-start"]
    assert judged("behaviour", outcome, 0.0).status is GateStatus.FAILED
    with pytest.raises(JudgementError, match="of the base: ended"):
        GATE.run(bench(tmp_path, Client(SAME), base={**PROJECT, "service/rank.py": "nowhere"}))


def test_a_base_that_answers_nothing_well_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match=r"none of 8 requests well \(the first: status 404\)"):
        GATE.run(bench(tmp_path, Client([HttpAnswer(404)] * USERS)))
    with pytest.raises(JudgementError, match="none was asked"):
        GATE.run(bench(tmp_path, Client([])))


def test_too_few_requests_or_no_slate_are_no_pass(tmp_path: Path) -> None:
    few = {**PROJECT, "requests.jsonl": '{"path": "/slate?user=1"}\n'}
    outcome = GATE.run(bench(tmp_path, Client(SAME), base=few))
    assert judged("behaviour", outcome, 0.0).status is GateStatus.ERROR
    outcome = GATE.run(bench(tmp_path, Client([HttpAnswer(200, b"{}")] * USERS)))
    assert "slates 0 of at least 1" in judged("behaviour", outcome, 0.0).error


def test_the_requests_are_the_bases_and_the_trial_tree_answers(tmp_path: Path) -> None:
    client = Client(SAME)
    fewer: Mapping[str, str | None] = {**CHANGE, "guardrails.toml": "", "requests.jsonl": ""}
    asked = bench(tmp_path, client, head=fewer)
    assert len(GATE.run(asked).notes) == 1
    assert [len(requests) for requests in client.asked] == [USERS, USERS]
    assert isinstance(asked.processes, Ready)
    assert asked.processes.started == ["base", "trial"]


def test_a_head_that_brings_the_first_requests_answers_them_itself(tmp_path: Path) -> None:
    bare = {path: text for path, text in PROJECT.items() if path != "guardrails.toml"}
    head = {"guardrails.toml": PROJECT["guardrails.toml"]}
    outcome = GATE.run(bench(tmp_path, Client(SAME), base=bare, head=head))
    assert "nothing was compared" in outcome.notes[0]
    assert judged("behaviour", outcome, 0.0).status is GateStatus.PASSED
    outcome = GATE.run(bench(tmp_path, Client([HttpAnswer(500)] * 4 + SAME[4:]), base=bare, head=head))
    assert judged("behaviour", outcome, 0.0).status is GateStatus.ERROR
    outcome = GATE.run(bench(tmp_path, Client(SAME), base={**bare, "service/rank.py": "nowhere"}, head=head))
    assert rules_of(outcome.findings) == ["behaviour/does-not-start"]


GENERATE = "import sys; [print('{\"path\": \"/slate?user=' + sys.argv[1] + str(n) + '\"}') for n in range(3)]"


def generating(code: str, more: str = "") -> dict[str, str]:
    """The project with a generator."""
    line = f"generate = ['{{python}}', '-c', {json.dumps(code)}, '{{seed}}']\n{more}"
    return {**PROJECT, "guardrails.toml": PROJECT["guardrails.toml"] + line}


def test_generated_requests_follow_the_recorded_ones_up_to_the_most(tmp_path: Path) -> None:
    client = Client(SAME + SAME)
    GATE.run(bench(tmp_path, client, base=generating(GENERATE, "most_requests = 10\n")))
    assert [request.path for request in client.asked[0][-3:]] == ["/slate?user=7", "/slate?user=110", "/slate?user=111"]


@pytest.mark.parametrize(
    ("code", "words"), [("raise SystemExit('broken')", "ended 1. Its errors end: broken"), ("print('no')", "not JSON")]
)
def test_a_generator_that_fails_is_an_error(code: str, words: str, tmp_path: Path) -> None:
    with pytest.raises((JudgementError, ConfigurationError), match=words):
        GATE.run(bench(tmp_path, Client(SAME), base=generating(code)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"requests.jsonl"', '"none.jsonl"', "there is no such file"),
        ('command = ["{python}", "-m", "service", "{port}"]\n', "", "behaviour.command is empty"),
        ("minimum_requests = 5", 'items = "items[0]"', "behaviour.items is 'items"),
    ],
)
def test_a_section_that_is_wrong_is_told(old: str, new: str, words: str, tmp_path: Path) -> None:
    policy = PROJECT["guardrails.toml"].replace(old, new)
    with pytest.raises(ConfigurationError, match=words):
        GATE.run(bench(tmp_path, Client(SAME), base={**PROJECT, "guardrails.toml": policy}))


def test_a_bench_without_a_client_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match="no HTTP client"):
        GATE.run(replace(bench(tmp_path, Client(SAME)), http=None))


EXPLAINING = {**PROJECT, "guardrails.toml": f'{PROJECT["guardrails.toml"]}explain = "why"\n'}


def explained(ids: str, **said: float) -> HttpAnswer:
    return HttpAnswer(200, json.dumps({"items": [{"id": one, "score": said.get(one, 0.5)} for one in ids]}).encode())


def reasons_of(tmp_path: Path, base: Sequence[HttpAnswer], head: Sequence[HttpAnswer]) -> tuple[Example, Client]:
    """The only example, where both sides answer so when they are asked for their reasons."""
    client = Client(SAME, SWAPPED, SAME, base, head)
    (found,) = GATE.run(bench(tmp_path, client, base=EXPLAINING)).examples
    return found, client


def test_both_sides_are_asked_why_of_the_examples_alone_after_all_that_came_before(tmp_path: Path) -> None:
    client = Client(SAME, [*SAME[:3], slate("bacdefghij"), *SAME[4:]], SAME, SAME[:3], SAME)
    GATE.run(bench(tmp_path, client, base=EXPLAINING))
    paths = [[request.path for request in asked] for asked in client.asked]
    plain = [f"/slate?user={user}" for user in range(USERS)]
    assert paths[:3] == [plain] * 3
    assert paths[3:] == [[*plain[:3], "/slate?user=3&why=true"]] * 2


def test_reasons_of_both_sides_stand_in_the_example(tmp_path: Path) -> None:
    found, _ = reasons_of(tmp_path, [explained("abcdefghij", a=0.9)], [explained("bacdefghij", a=0.2)])
    assert found.unexplained == ""
    assert [(one.item, one.base, one.head, one.reasons) for one in found.moved] == [
        ("b", 2, 1, ()),
        ("a", 1, 2, (Reason("score", "0.9", "0.2"),)),
    ]


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        ([HttpAnswer(422)], SWAPPED, "the base answered with status 422 when it was asked for its reasons"),
        (SAME, [HttpAnswer(0, trouble="refused")], r"the head gave no answer \(refused\)"),
        (SAME, [], r"the head gave no answer \(it was not asked in time\)"),
        (SAME, SAME, "the head gave another slate when it was asked for its reasons"),
        (SAME, [HttpAnswer(200, b"[" * 100_000)], "the head gave another slate"),
    ],
)
def test_reasons_that_do_not_come_are_missed_in_words_and_cost_nothing(
    base: Sequence[HttpAnswer], head: Sequence[HttpAnswer], words: str, tmp_path: Path
) -> None:
    found, _ = reasons_of(tmp_path, base, head)
    assert re.match(words, found.unexplained)
    assert (found.moved, found.whole) == ((), ())
    assert found.what == "moved b (2 to 1), a (1 to 2)"


def test_a_service_that_cannot_be_asked_again_explains_nothing(tmp_path: Path) -> None:
    class Dying(Client):
        def ask(
            self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float
        ) -> tuple[HttpAnswer, ...]:
            if len(self.asked) == 3:
                raise JudgementError("it died")
            return super().ask(url, requests, timeout=timeout, whole=whole)

    (found,) = GATE.run(bench(tmp_path, Dying(SAME, SWAPPED, SAME), base=EXPLAINING)).examples
    assert found.unexplained == "the base could not be asked for its reasons: it died"


def test_without_a_field_nobody_is_asked_why(tmp_path: Path) -> None:
    client = Client(SAME, SWAPPED, SAME)
    (found,) = GATE.run(bench(tmp_path, client)).examples
    assert "behaviour.explain names no field" in found.unexplained
    assert len(client.asked) == 3
