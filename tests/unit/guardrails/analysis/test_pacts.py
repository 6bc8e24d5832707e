"""Pact files: what is taken, what is refused, and what a change to one takes away."""

import json
from typing import Any

import pytest

from guardrails.analysis.pact_changes import Loss, differences
from guardrails.analysis.pact_results import drift, mismatches, sentence, unverified
from guardrails.analysis.pacts import Pact, UnreadablePactError, doubtful, parse
from guardrails.analysis.promises.steps import Kind
from guardrails.ports import InteractionResult, PactMismatch
from guardrails.probes.contracts import interaction, pact


def document(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(pact())
    return {**told, **changes}


def read(told: object) -> Pact:
    return parse("pacts/a.json", json.dumps(told, indent=2))


def test_a_pact_is_read() -> None:
    told = read(document())
    assert (told.consumer, told.provider) == ("player", "shop")
    [one] = told.interactions
    assert (one.description, one.states, one.is_message) == ("a track", ("the track is there",), False)
    assert told.line("a track") == 11
    assert told.line("nothing") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a pact"),
        (json.dumps(document(metadata={})), "is of pact version ''"),
        (json.dumps(document(metadata={"pactSpecification": {"version": "9.0"}})), "is of pact version '9.0'"),
        (json.dumps(document(metadata={"pactSpecification": "4"})), "is of pact version ''"),
        (json.dumps(document(surprise=1)), "the unknown field 'surprise'"),
        (json.dumps(document(interactions=[interaction(surprise=1)])), "'a track' has the unknown field 'surprise'"),
        (json.dumps(document(consumer={})), "names no consumer"),
        (json.dumps(document(provider="shop")), "names no provider"),
        (json.dumps(document(interactions=[])), "has no interaction"),
        (json.dumps(document(interactions={})), "is not a list"),
        (json.dumps(document(interactions=[{"request": {}}])), "without a description"),
        (json.dumps(document(interactions=[interaction(), interaction()])), "the interaction 'a track' twice"),
        (json.dumps(document(interactions=[interaction(response={"stauts": 200})])), "the unknown field 'stauts'"),
        (json.dumps(document(interactions=[interaction(request={"verb": "GET"})])), "the request of 'a track' has the"),
        ('{"a": {"body": 1, "body": 2}}', "the name 'body' stands twice in one object"),
        (" " * 10_000_001, "has 10000001 characters"),
        (json.dumps(document(interactions=[interaction(request={"path": "/../secret"})])), "which leaves its place"),
        (json.dumps(document(interactions=[interaction(request={"path": "/a/%2E%2e/b"})])), "which leaves its place"),
        (json.dumps(document(interactions=[interaction(request={"path": "/a?b"})])), "which leaves its place"),
        (json.dumps(document(interactions=[interaction(request={"path": "//elsewhere/x"})])), "begins with a single /"),
        (json.dumps(document(interactions=[interaction(request={"path": "@elsewhere"})])), "begins with a single /"),
        (json.dumps(document(interactions=[interaction(request={"path": 7})])), "begins with a single /"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_what_is_not_a_pact_is_named(text: str, said: str) -> None:
    with pytest.raises(UnreadablePactError, match=r"^pacts/a\.json") as caught:
        parse("pacts/a.json", text)
    assert said in str(caught.value)


def test_older_versions_are_read() -> None:
    older = {
        "consumer": {"name": "web"},
        "provider": {"name": "shop"},
        "interactions": [{"description": "a", "providerState": "s", "request": {}, "response": {"status": 200}}],
        "metadata": {"pact-specification": {"version": "2.0.0"}},
    }
    assert read(older).interactions[0].states == ("s",)


def test_the_same_description_in_two_states_is_two_interactions() -> None:
    states = [{"name": "the track is there", "params": {"id": n}} for n in (1, 2)]
    told = read(document(interactions=[interaction(providerStates=[state]) for state in states]))
    assert len({one.key for one in told.interactions}) == 2
    # The verifier's results do not tell them apart: each needs one of its own.
    result = InteractionResult("player", "a track", ("the track is there",))
    assert unverified(told.interactions, [result]) == [told.interactions[1]]
    assert unverified(told.interactions, [result, result]) == []


def test_messages_are_known() -> None:
    message = {"type": "Asynchronous/Messages", "description": "m", "contents": {}}
    assert read(document(interactions=[message])).interactions[0].is_message
    old = document(interactions=[], messages=[{"description": "m", "contents": {}}])
    assert read(old).interactions[0].is_message


def test_drift_is_told_by_interaction() -> None:
    committed = read(document(interactions=[interaction("a"), interaction("b"), interaction("c")]))
    changed = interaction("b", pending=True)
    written = read(document(interactions=[interaction("a"), changed, interaction("d")]))
    assert drift([committed], [committed]) == []
    [one] = drift([committed], [written])
    assert one.sentence == "the committed pact of player lacks 'd'; still has 'c'; has another 'b'"
    assert drift([], [committed])[0].added == ("a", "b", "c")


def test_a_failed_result_is_a_sentence() -> None:
    mismatches = tuple(PactMismatch("BodyMismatch", "", f"$.f{n}", "1", "2") for n in range(7))
    said = sentence(InteractionResult("web", "a", ("s", "t"), mismatches))
    assert said.startswith("web: 'a' given s and t: `f0`: expected 1, got 2; `f1`: ")
    assert said.endswith("; and 2 more")
    assert sentence(InteractionResult("web", "a", (), (), "no answer")) == "web: 'a': no answer"


def test_what_a_change_takes_away() -> None:
    base = [read(document(interactions=[interaction("a"), interaction("b")]))]
    fewer = [read(document(interactions=[interaction("a")]))]
    [lost] = differences(base, fewer, fewer)
    assert (lost.loss, lost.what, lost.blocks) == (Loss.INTERACTION, "the pact of player no longer holds 'b'", False)
    assert differences(base, fewer, base)[0].blocks, "its consumer still writes it"
    [gone] = differences(base, [], [])
    assert (gone.loss, gone.blocks) == (Loss.PACT, True)
    other = [parse("pacts/b.json", pact().replace("player", "web"))]
    assert not differences(base, other, other)[0].blocks
    assert differences(base, base, []) == []


def test_an_interaction_is_followed_to_its_new_states() -> None:
    """A state that was dropped makes it another interaction for pact, and the same one for a reader."""
    base = [read(document())]
    bare = [read(document(interactions=[interaction(providerStates=[])]))]
    [lost] = differences(base, bare, bare)
    assert (lost.loss, lost.kind) == (Loss.PROMISE, Kind.WEAKENING)
    assert lost.what == "player, 'a track': it is no longer asked given 'the track is there'"
    renamed = [
        read(document(interactions=[interaction(providerStates=[{"name": "the track is there", "params": {"id": 8}}])]))
    ]
    assert differences(base, renamed, renamed) == [], "which track is there is the consumer's affair"


def test_one_interaction_is_not_followed_to_two() -> None:
    base = [read(document())]
    states = [[{"name": "the track is there", "params": {"id": n}}] for n in (1, 2)]
    split = [read(document(interactions=[interaction(providerStates=one) for one in states]))]
    assert [one.loss for one in differences(base, split, split)] == [Loss.INTERACTION]


def test_expressions_that_may_backtrack_without_end_are_doubted() -> None:
    def told(expression: str) -> list[str]:
        rules = {"body": {"$.title": {"matchers": [{"match": "regex", "regex": expression}]}}}
        return doubtful(read(document(interactions=[interaction(response={"matchingRules": rules})])))

    assert told("^(a+)+$") == ["/^(a+)+$/ in 'a track'"]
    for expression in ("(a|aa)*b", "((x)+y*)*", "(?:a{1,}){2,}", r"(\d+)*"):
        assert told(expression), expression
    for expression in ("a+b*", "(ab)+", "[(a+)+]", r"\(a+\)+", "(a|b)", "listening|popular", "(a+)?"):
        assert told(expression) == [], expression


def test_a_digest_is_of_what_is_said() -> None:
    one, other = (read(document(interactions=[interaction(a), interaction(b)])) for a, b in (("x", "y"), ("y", "x")))
    assert one.digest == other.digest != read(document()).digest


def test_the_elements_of_a_list_are_told_once() -> None:
    wrong = [PactMismatch("BodyMismatch", "no integer", f"$.items[{n}].id") for n in (2, 0, 1)]
    missing = [
        PactMismatch("BodyMismatch", "Actual map is missing the following keys: a, b", f"$.items[{n}]") for n in (0, 1)
    ]
    assert mismatches(InteractionResult("web", "a", (), (*wrong, *missing))) == (
        "web reads `items[0].a`; the head no longer sends it (and 1 more elements)",
        "web reads `items[0].b`; the head no longer sends it (and 1 more elements)",
        "`items[0].id`: no integer (and 2 more elements)",
    )
