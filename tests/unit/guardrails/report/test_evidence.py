import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from guardrails.errors import UsageError
from guardrails.model.verdict import Verdict
from guardrails.report import evidence
from tests.verdict_samples import ALL, BASE, HEAD, bad, blocking, broken, deciding, passing, verdicts


@pytest.mark.parametrize(
    ("make", "result"),
    [(passing, "PASSED"), (deciding, "WARNED"), (blocking, "FAILED"), (bad, "FAILED"), (broken, "FAILED")],
)
def test_it_is_an_in_toto_statement_with_the_test_result_predicate(make: Callable[[], Verdict], result: str) -> None:
    data = evidence.statement(make())
    assert data["_type"] == "https://in-toto.io/Statement/v1"
    assert data["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert data["predicate"]["result"] == result


def test_it_names_the_trees_what_judged_and_what_each_gate_did() -> None:
    data = evidence.statement(replace(blocking(), gate_digest="ab" * 32))
    assert data["subject"] == [{"name": "head", "digest": {"gitTree": HEAD.tree, "gitCommit": HEAD.commit}}]
    names = [one["name"] for one in data["predicate"]["configuration"]]
    assert names == ["guardrails.toml", "guardrails", "base"]
    assert data["predicate"]["configuration"][2]["digest"]["gitTree"] == BASE.tree
    assert data["predicate"]["failedTests"] == ["tampering", "properties"]
    assert "load" not in data["predicate"]["passedTests"]
    gates = {gate["name"]: gate for gate in data["predicate"]["guardrails"]["gates"]}
    assert gates["tampering"]["found"] == {"block": 1, "review": 1}
    assert gates["tampering"]["rules"] == {"tampering/test-skipped": 1, "tampering/config-looser": 1}
    assert gates["tests"]["work"] == {"tests": 411}
    assert gates["load"]["skip"] == "not-in-profile"


@pytest.mark.parametrize("make", ALL)
def test_times_have_no_part_in_it(make: Callable[[], Verdict]) -> None:
    verdict = make()
    slower = replace(
        verdict, seconds=verdict.seconds + 9, results=tuple(replace(r, seconds=r.seconds + 3) for r in verdict.results)
    )
    assert evidence.render(slower) == evidence.render(verdict)


@settings(max_examples=40)
@given(verdicts())
def test_any_verdict_can_be_read_back_as_what_it_is(verdict: Verdict) -> None:
    text = evidence.render(verdict)
    assert text.isascii()
    found = evidence.read(text.encode(), "evidence.json")
    assert found.verdict is found.made is verdict.kind
    assert evidence.render(verdict) == text


def changed(edit: Callable[[Any], object]) -> bytes:
    data = json.loads(evidence.render(blocking()))
    edit(data)
    return json.dumps(data).encode()


def _of(data: Any) -> Any:
    return data["predicate"]["guardrails"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: _of(data).update(verdict="pass"),
        lambda data: _of(data).update(verdict="pass", exit_code=0),
        lambda data: _of(data)["gates"].clear(),
        lambda data: data["predicate"].update(result="PASSED"),
        lambda data: data["subject"][0]["digest"].update(gitTree="0" * 40),
        lambda data: _of(data)["head"].update(tree="0" * 40),
        lambda data: data["subject"].append({"name": "other", "digest": {"gitTree": "0" * 40}}),
        lambda data: data.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda data: data.update(predicateType="https://slsa.dev/provenance/v1"),
        lambda data: _of(data).update(schema=2),
        lambda data: _of(data).update(more=1),
        lambda data: _of(data).pop("gates"),
        lambda data: data.pop("subject"),
        lambda data: data.update(predicate=[]),
    ],
)
def test_what_contradicts_itself_or_is_of_another_kind_is_refused(edit: Callable[[Any], object]) -> None:
    evidence.read(changed(lambda _: None), "e.json")
    with pytest.raises(UsageError, match=r"^e\.json"):
        evidence.read(changed(edit), "e.json")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"_type": 1}'])
def test_any_file_at_all_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UsageError, match="not evidence"):
        evidence.read(content, "e.json")
