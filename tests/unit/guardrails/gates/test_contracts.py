"""Gate contracts: what it makes of verifications, from a script, and one change for real."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError, ToolMissingError
from guardrails.gates.contracts import RULES, ContractsGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, Outcome, judged
from guardrails.ports import Command, InteractionResult, PactMismatch, Service, StateCall, SuiteRun, Verification
from guardrails.probes.contracts import BASE, PROBES, SHOP, interaction, pact, project
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import ScriptedSuites, running_bench, suite_run

PACT, CONSUMER = "contracts/pacts/player-shop.json", "contracts/consumers/test_player.py"
TWO = pact(interaction(), interaction("a track again"))
STATE = "the track is there"
MISMATCH = PactMismatch("BodyMismatch", "Actual map is missing the following keys: reason", "$")


class Provider:
    """`Processes` that serves nothing; sides in `failing` do not start."""

    def __init__(self, failing: Sequence[str] = ()) -> None:
        self._failing = failing
        self.served: list[str] = []

    def free_port(self) -> int:
        return 4711

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        side = (command.cwd / "side").read_text()
        self.served.append(side)
        if side in self._failing:
            raise JudgementError(f"{side} ended with exit status 1")
        yield Service("http://127.0.0.1:80", 80, 1)


class Scripted:
    """`PactVerifier` that finds all well but for what it is told."""

    def __init__(self, written: Mapping[str, str], **said: object) -> None:
        self._written = written
        self._said = said
        self.asked: list[list[str]] = []

    def verify(self, provider: str, pacts: Sequence[str], **_: object) -> Verification:
        told = [(json.loads(text)["consumer"]["name"], json.loads(text)["interactions"]) for text in pacts]
        self.asked.append([one["description"] for _, interactions in told for one in interactions])
        good = [
            InteractionResult(name, one["description"], tuple(s["name"] for s in one.get("providerStates", ())))
            for name, interactions in told
            for one in interactions
        ]
        edit = self._said.get("edit", lambda results: results)
        return Verification(tuple(edit(good)), **self._said.get("more", {}))  # type: ignore[operator,arg-type]

    def written(self, directory: Path) -> Mapping[str, str]:
        return self._written


def ran(
    tmp_path: Path,
    head: Mapping[str, Content | None],
    *,
    base: Mapping[str, Content] = BASE,
    written: str = TWO,
    consumers: SuiteRun | None = None,
    failing: Sequence[str] = (),
    **said: object,
) -> tuple[Outcome, Provider, Scripted]:
    bench = bench_of(tmp_path, base, head)
    for tree in {tree.root: tree for tree in (bench.trees.base, bench.trees.trial, bench.trees.head)}.values():
        (tree.root / "side").write_text(tree.root.name)
    provider, verifier = Provider(failing), Scripted({"player-shop.json": written} if written else {}, **said)
    suites = ScriptedSuites(lambda _: consumers or suite_run({f"{CONSUMER}::test_player": "passed"}))
    bench = replace(bench, processes=provider, pacts=verifier, suites=suites)  # type: ignore[arg-type]  # enough of one
    return ContractsGate().run(bench), provider, verifier


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return sorted((f.rule.partition("/")[2], str(f.severity)) for f in outcome.findings)


def promised(text: str) -> dict[str, Content | None]:
    return {PACT: text}


PRODUCT: Mapping[str, Content | None] = {"shop.py": SHOP + "\n"}


def fail_first(results: Sequence[InteractionResult]) -> list[InteractionResult]:
    return [replace(results[0], mismatches=(MISMATCH,)), *results[1:]]


def test_a_change_that_keeps_its_promises_passes(tmp_path: Path) -> None:
    outcome, provider, verifier = ran(tmp_path, PRODUCT)
    assert outcome.findings == ()
    assert dict(outcome.work) == dict(outcome.floor) == {"interactions": 2, "pacts": 1, "player interactions": 2}
    assert (provider.served, verifier.asked) == (["head"], [["a track", "a track again"]])


def test_a_broken_promise_names_consumer_field_and_place(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, edit=fail_first)
    [finding] = outcome.findings
    assert (finding.rule, finding.severity, finding.place) == ("contracts/mismatch", Severity.BLOCK, f"{PACT}:11")
    assert finding.what == f"player: 'a track' given {STATE}: player reads `reason`; the head no longer sends it"
    assert judged("contracts", outcome, 0).status is GateStatus.FAILED


def test_a_promise_that_the_change_takes_back_as_well_asks_for_a_person(tmp_path: Path) -> None:
    fewer = pact(interaction("a track again"))
    outcome, _, verifier = ran(tmp_path, {**PRODUCT, **promised(fewer)}, written=fewer, edit=fail_first)
    assert ("mismatch", "review") in told(outcome)
    assert ("interaction-removed", "review") in told(outcome)
    assert verifier.asked == [["a track", "a track again"], ["a track again"]], "the base's pacts, then the head's"


def test_what_was_not_verified_blocks(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, edit=lambda results: results[1:])
    assert told(outcome) == [("unverified", "block")]
    assert judged("contracts", outcome, 0).status is GateStatus.ERROR
    nothing, _, _ = ran(tmp_path, PRODUCT, edit=lambda _: [])
    assert judged("contracts", nothing, 0).status is GateStatus.ERROR


def test_a_verifier_that_crashes_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match="could not be verified: crashed"):
        ran(tmp_path, PRODUCT, edit=lambda _: [], more={"complaint": "crashed"})


class Refusing(Scripted):
    """A verifier that gives up on every run that holds the pact of `consumer`."""

    consumer = "web"

    def verify(self, provider: str, pacts: Sequence[str], **_: object) -> Verification:
        if any(json.loads(text)["consumer"]["name"] == self.consumer for text in pacts):
            return Verification((), (), "pact's verifier gave up: retry-limit-in-match over", blames_pact=True)
        return super().verify(provider, pacts)


WEB = "contracts/pacts/web-shop.json"


def endless() -> str:
    rules = {"body": {"$.title": {"matchers": [{"match": "regex", "regex": "^(a+)+$"}]}}}
    response = {**interaction()["response"], "matchingRules": rules}  # type: ignore[dict-item]  # a mapping
    return pact(interaction(response=response)).replace('"player"', '"web"')


def refused(tmp_path: Path, base: Mapping[str, Content], head: Mapping[str, Content | None]) -> Outcome:
    bench = bench_of(tmp_path, base, head)
    for tree in (bench.trees.base, bench.trees.trial, bench.trees.head):
        (tree.root / "side").write_text("any")
    suites = ScriptedSuites(lambda _: suite_run({f"{CONSUMER}::test_player": "passed"}))
    verifier = Refusing({"player-shop.json": TWO, "web-shop.json": endless()})
    bench = replace(bench, processes=Provider(), pacts=verifier, suites=suites)  # type: ignore[arg-type]  # enough
    return ContractsGate().run(bench)


def test_the_pact_on_which_the_verifier_gives_up_is_named_and_the_others_are_verified(tmp_path: Path) -> None:
    outcome = refused(tmp_path, BASE, {**PRODUCT, WEB: endless()})
    assert told(outcome) == [("unreadable-pact", "block")]
    [finding] = outcome.findings
    assert finding.path == WEB
    assert "retry-limit-in-match over. Doubtful: /^(a+)+$/ in 'a track'" in finding.what
    assert dict(outcome.work) == {"interactions": 2, "pacts": 1, "player interactions": 2}
    with pytest.raises(JudgementError, match=r"a pact of the base could not be verified: contracts/pacts/web-shop"):
        refused(tmp_path, {**BASE, WEB: endless()}, PRODUCT)


def test_the_results_are_part_of_the_outcome(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, edit=fail_first)
    first, second = outcome.verified
    assert (first.consumer, first.side, first.path, first.line) == ("player", "base", PACT, 11)
    assert first.mismatches == ("player reads `reason`; the head no longer sends it",)
    assert (second.description, second.good) == ("a track again", True)
    assert first.pact == second.pact
    lost, _, _ = ran(tmp_path, PRODUCT, edit=lambda results: results[1:])
    assert [one.mismatches for one in lost.verified] == [("it was not verified",), ()]


def test_a_consumer_of_whom_nothing_was_verified_is_too_little(tmp_path: Path) -> None:
    """However many interactions of the others there are."""
    web = pact().replace('"player"', '"web"')
    base = {**BASE, WEB: web}

    def without_web(results: Sequence[InteractionResult]) -> list[InteractionResult]:
        return [one for one in results if one.consumer != "web"]

    outcome, _, _ = ran(tmp_path, PRODUCT, base=base, edit=without_web)
    assert outcome.work["web interactions"] == 0
    assert "web interactions 0 of at least 1" in judged("contracts", outcome, 0).error


OPENAPI = "contracts/openapi.json"


def described(*fields: str) -> str:
    properties = {name: {"type": "string"} for name in fields}
    content = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    return json.dumps({"paths": {"/tracks/{id}": {"get": {"responses": {"200": {"content": content}}}}}})


def test_a_description_that_promises_less_names_who_reads_it(tmp_path: Path) -> None:
    base = {**BASE, OPENAPI: described("title", "year")}
    outcome, _, _ = ran(tmp_path, {OPENAPI: described("year")}, base=base)
    [finding] = outcome.findings
    assert (finding.rule, finding.severity) == ("contracts/openapi-breaks", Severity.BLOCK)
    assert finding.what == f"breaking: GET /tracks/{{id}}: `title` is gone; player reads it ({PACT}:11)"
    unread, _, _ = ran(tmp_path, {OPENAPI: described("title")}, base=base)
    assert told(unread) == [("openapi-breaks", "review")]
    more, _, _ = ran(tmp_path, {OPENAPI: described("title", "year", "new")}, base=base)
    assert more.findings == ()


@pytest.mark.parametrize("path", [OPENAPI, "contracts/events/listen.json"])
@pytest.mark.parametrize("text", ["{", "[]", '{"paths": 5, "properties": 5}', "[" * 100_000])
def test_a_document_that_cannot_be_read_is_named(tmp_path: Path, path: str, text: str) -> None:
    good = described("title") if path == OPENAPI else '{"properties": {"a": {}}}'
    outcome, _, _ = ran(tmp_path, {path: text}, base={**BASE, path: good})
    assert told(outcome) == [("unreadable-pact", "block")]
    assert outcome.findings[0].path == path
    assert path in outcome.findings[0].what
    if text in ("{", "[]"):
        with pytest.raises(JudgementError, match=f"a contract of the base cannot be read: {path}"):
            ran(tmp_path, {path: good}, base={**BASE, path: text})


@pytest.mark.parametrize(
    ("call", "rule", "said"),
    [
        (StateCall(STATE, "setup", 404, "unknown"), "no-state-handler", "cannot be set: 404 unknown"),
        (StateCall(STATE, "teardown", 500), "no-state-handler", "cannot be taken down: 500"),
        (StateCall(STATE, "setup", 0), "provider-failed", "ended while it was asked"),
    ],
)
def test_a_state_that_fails_is_told_once(tmp_path: Path, call: StateCall, rule: str, said: str) -> None:
    def failed(results: Sequence[InteractionResult]) -> list[InteractionResult]:
        return [replace(one, error="One or more of the setup state change handlers has failed") for one in results]

    outcome, _, _ = ran(tmp_path, PRODUCT, edit=failed, more={"states": (call, call)})
    assert told(outcome) == [(rule, "block")]
    assert said in outcome.findings[0].what


def test_a_provider_that_does_not_start_blocks(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, PRODUCT, failing=["head"])
    assert told(outcome) == [("provider-failed", "block")]
    assert judged("contracts", outcome, 0).status is GateStatus.ERROR, "nothing was verified"


def test_a_harness_that_changed_with_the_product_asks_for_a_person(tmp_path: Path) -> None:
    changed = {**PRODUCT, "contracts/provider.py": "new\n"}
    outcome, provider, _ = ran(tmp_path, changed, failing=["trial"])
    assert told(outcome) == [("provider-failed", "review")]
    assert provider.served == ["trial", "head"]
    assert judged("contracts", outcome, 0).status is GateStatus.FAILED
    neither, _, _ = ran(tmp_path, changed, failing=["trial", "head"])
    assert told(neither) == [("provider-failed", "block")]


def test_a_pact_that_no_consumer_writes_blocks(tmp_path: Path) -> None:
    fewer = pact(interaction())
    outcome, _, _ = ran(tmp_path, {PACT: fewer})
    assert told(outcome) == [("interaction-removed", "block"), ("pact-drift", "block")]
    [drift] = [f for f in outcome.findings if f.rule == "contracts/pact-drift"]
    assert drift.what == "the committed pact of player lacks 'a track again'"
    assert drift.reproduce.startswith(f"rm -f {PACT} && PACT_OUTPUT_DIR=contracts/pacts python -m pytest")
    none, _, _ = ran(tmp_path, PRODUCT, written="")
    assert told(none) == [("pact-drift", "block")]


def test_a_consumer_s_failing_test_blocks(tmp_path: Path) -> None:
    bad = suite_run({f"{CONSUMER}::test_player": "failed"})
    outcome, _, _ = ran(tmp_path, PRODUCT, consumers=bad, written="")
    assert told(outcome) == [("consumer-test-fails", "block")], "what a failing test writes is not compared"
    broken = SuiteRun((), {}, errors=((CONSUMER, "E   ImportError: pact"),))
    assert told(ran(tmp_path, PRODUCT, consumers=broken, written="")[0]) == [("consumer-test-fails", "block")]
    cut = SuiteRun((), {}, complaint="it ended by itself", ended=False)
    assert told(ran(tmp_path, PRODUCT, consumers=cut, written="")[0]) == [("consumer-test-fails", "block")]


def test_pacts_that_are_gone_block(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, {PACT: None, CONSUMER: None, "contracts/consumers/promise.py": None}, written="")
    assert told(outcome) == [("pact-removed", "block")]


def test_a_consumer_that_is_gone_with_its_pact_asks_for_a_person(tmp_path: Path) -> None:
    web = pact().replace('"player"', '"web"')
    base = {**BASE, "contracts/pacts/web-shop.json": web}
    outcome, _, _ = ran(tmp_path, {PACT: None}, base=base, written=web)
    assert ("pact-removed", "review") in told(outcome)


def test_a_pact_that_cannot_be_read_blocks_and_is_named(tmp_path: Path) -> None:
    outcome, _, _ = ran(tmp_path, {PACT: "{"})
    assert told(outcome) == [("unreadable-pact", "block")]
    assert outcome.findings[0].what.startswith(f"{PACT} is not JSON")
    with pytest.raises(JudgementError, match=r"a pact of the base cannot be read: .*player-shop\.json is not JSON"):
        ran(tmp_path, PRODUCT, base={**BASE, PACT: "{"})
    written, _, _ = ran(tmp_path, PRODUCT, written="{")
    assert ("unreadable-pact", "block") in told(written)


def test_the_first_pacts_of_a_repository_are_judged(tmp_path: Path) -> None:
    head = {path: text for path, text in project(TWO).items() if path != "shop.py"}
    outcome, provider, _ = ran(tmp_path, head, base={"shop.py": SHOP}, edit=fail_first)
    assert told(outcome) == [("mismatch", "block")]
    assert dict(outcome.work) == {"interactions": 2, "pacts": 1, "player interactions": 2}
    assert provider.served == ["head"]


def test_pacts_of_other_providers_are_another_s(tmp_path: Path) -> None:
    other = pact().replace('"shop"', '"catalogue"')
    outcome, _, verifier = ran(tmp_path, PRODUCT, base={**BASE, "contracts/pacts/shop-catalogue.json": other})
    assert outcome.findings == ()
    assert verifier.asked == [["a track", "a track again"]]


def test_the_first_messages_are_fetched_from_where_the_head_says(tmp_path: Path) -> None:
    """The base's policy has no place for messages yet; what they are held against is the pact."""
    message = {"type": "Asynchronous/Messages", "description": "a listen", "contents": {"content": {"id": 7}}}
    new = pact(interaction(), interaction("a track again"), message)
    policy = str(BASE["guardrails.toml"])
    silent, _, _ = ran(tmp_path, promised(new), written=new)
    assert told(silent) == [("unverified", "block")]
    head = {**promised(new), "guardrails.toml": policy + 'messages_path = "/_messages"\n'}
    outcome, _, _ = ran(tmp_path, head, written=new)
    assert outcome.findings == ()
    assert [one.description for one in outcome.verified if one.side == "head"] == [
        "a track",
        "a track again",
        "a listen",
    ]


def test_without_pacts_there_is_nothing_to_judge(tmp_path: Path) -> None:
    unnamed = ContractsGate().skip(bench_of(tmp_path, {"shop.py": ""}, PRODUCT))
    assert unnamed is not None
    assert "names no provider" in unnamed.sentence
    without = {path: text for path, text in BASE.items() if path != PACT}
    absent = ContractsGate().skip(bench_of(tmp_path, without, PRODUCT))
    assert absent is not None
    assert ContractsGate().skip(bench_of(tmp_path, BASE, {PACT: None})) is None


def test_without_a_verifier_the_missing_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"recsys-guardrails\[contracts\]"):
        ContractsGate().run(bench_of(tmp_path, BASE, PRODUCT))


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule.partition("/")[2])
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    bad = ContractsGate().run(running_bench(tmp_path, probe.base, probe.bad))
    assert probe.rule in {finding.rule for finding in bad.findings}
    honest = ContractsGate().run(running_bench(tmp_path, probe.base, probe.honest))
    assert honest.findings == ()


def test_one_change_for_real(tmp_path: Path) -> None:
    probe = PROBES[0]
    outcome = ContractsGate().run(running_bench(tmp_path, probe.base, probe.bad))
    assert {finding.rule for finding in outcome.findings} == {"contracts/mismatch"}
    assert "player reads `reason`; the head no longer sends it" in outcome.findings[0].what
    assert dict(outcome.work) == {"interactions": 2, "pacts": 1, "player interactions": 2}
