"""Pact files: what is taken, what is refused, and what a change to one takes away."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from guardrails.analysis.pact_changes import Loss, differences, weakened
from guardrails.analysis.pacts import Pact, UnreadablePactError, drift, parse, sentence, unverified
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
        (" " * 10_000_001, "has 10000001 characters"),
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
    assert said.startswith("web: 'a' given s and t: $.f0: expected 1, got 2; $.f1: ")
    assert said.endswith("; and 2 more")
    assert sentence(InteractionResult("web", "a", (), (), "no answer")) == "web: 'a': no answer"


def change(edit: Callable[[dict[str, Any]], Any]) -> list[str]:
    """What is weaker once `edit` was applied to the interaction."""
    told = document()
    new = copy.deepcopy(told)
    edit(new["interactions"][0])
    return weakened(read(told).interactions[0], read(new).interactions[0])


def rules(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["response"]["matchingRules"]["body"]
    return found


def body(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["response"]["body"]["content"]
    return found


def matcher(name: str) -> dict[str, Any]:
    return {"combine": "AND", "matchers": [{"match": name}]}


def test_less_is_found() -> None:
    assert change(lambda one: body(one).pop("reason")) == ["$.reason is no longer expected"]
    assert change(lambda one: rules(one).update({"$.id": matcher("integer")})) == [
        "$.id may now be any integer, and was exactly 7"
    ]
    assert change(lambda one: rules(one).update({"$": matcher("type")}))[0].startswith("$.id may now be any value")
    assert change(lambda one: one.update(pending=True)) == ["it became pending, so that a failure no longer counts"]
    assert change(lambda one: one["response"].update(status=500)) == ["the status 200 became 500"]
    assert change(lambda one: one["response"].pop("headers")) == ["the header cache-control is no longer expected"]
    assert change(lambda one: body(one).update(id=8)) == ["$.id is expected to be 8, and was 7"]
    assert change(lambda one: rules(one).update({"$.id": matcher("invented")})) != []


def test_more_and_the_same_are_not_found() -> None:
    assert change(lambda one: None) == []
    assert change(lambda one: body(one).update(year=1971)) == []
    assert change(lambda one: body(one).update(title="Another Title")) == [], "its type is what counts"
    assert change(lambda one: rules(one).pop("$.title")) == [], "exactly is more than any of its type"
    assert change(lambda one: rules(one).update({"$.title": matcher("regex")})) == []
    assert change(lambda one: one["response"]["headers"].update({"etag": ["1"]})) == []
    assert change(lambda one: one["request"].update(path="/tracks/8")) == [], "what a consumer sends is its own affair"


def test_paths_are_the_same_however_they_are_written() -> None:
    def listed(path: str) -> dict[str, Any]:
        response = {
            "status": 200,
            "body": {"content": {"items": [{"id": 1}]}, "contentType": "application/json", "encoded": False},
            "matchingRules": {"body": {path: matcher("type")}},
        }
        return interaction(response=response)

    old, new = (read(document(interactions=[listed(p)])).interactions[0] for p in ("$.items[0].id", "$['items'][*].id"))
    assert weakened(old, new) == []


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
