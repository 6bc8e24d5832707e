"""Pact's verifier: its answers are read for what they say, and it may crash, hang or be missing."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from guardrails.adapters.pact import NativePactVerifier, verification
from guardrails.errors import ToolMissingError
from guardrails.ports import Command, PactMismatch, StateCall, Verification
from guardrails.probes.contracts import SHOP, interaction, pact
from tests.judge_fakes import DirStore
from tests.judge_suites import processes_in


def answer(*results: dict[str, Any], **more: Any) -> Verification:
    told = {
        "results": {"interactionResults": list(results), "errors": more.get("errors", [])},
        "calls": [],
        "raised": "",
    }
    return verification(json.dumps({**told, **{k: v for k, v in more.items() if k != "errors"}}).encode())


def result(**fields: Any) -> dict[str, Any]:
    return {"consumer": "web", "description": "a", "providerStates": ["s"], "result": "OK", **fields}


def test_results_are_read() -> None:
    mismatch = {"mismatches": [{"type": "BodyMismatch", "path": "$.a", "mismatch": "no", "expected": 1, "actual": 2}]}
    told = answer(result(), result(result="Error", mismatch=mismatch), raised="failed")
    good, bad = told.results
    assert good.good
    assert (good.consumer, good.description, good.states) == ("web", "a", ("s",))
    assert bad.mismatches == (PactMismatch("BodyMismatch", "no", "$.a", "1", "2"),)
    assert told.complaint == ""


def test_only_ok_is_good() -> None:
    """A pending interaction that fails does not make pact fail."""
    assert not answer(result(result="Error", mismatch={"message": "refused"})).results[0].good
    assert answer(result(result="Skipped")).results[0].error == "pact says Skipped, without a reason"
    assert not answer(result(result=None)).results[0].good


def test_raising_without_a_result_is_a_complaint() -> None:
    errors = [{"mismatch": {"message": "Failed to load pact"}}]
    assert answer(raised="Failed to execute", errors=errors).complaint == "Failed to load pact"
    assert answer(raised="Failed to execute").complaint == "Failed to execute"


def verify(tmp_path: Path, provider: str, *pacts: str, messages: str = "", patience: int = 10_000) -> Verification:
    """A verification against a provider that is really there; `patience` in milliseconds an answer."""
    (tmp_path / "shop.py").write_text(provider)
    processes = processes_in(tmp_path)
    verifier = NativePactVerifier(processes, DirStore(tmp_path / "store"), sys.executable, request_timeout=patience)
    command = Command((sys.executable, "shop.py", "--port", "{port}"), tmp_path)
    with processes.serve(command, ready_path="/readyz", ready_timeout=30) as service:
        return verifier.verify(
            "shop",
            pacts,
            url=service.url,
            states_url=f"{service.url}/_states",
            timeout=60,
            messages_url=service.url + messages if messages else "",
        )


def test_a_provider_is_verified_with_its_states(tmp_path: Path) -> None:
    unknown = interaction("elsewhere", providerStates=[{"name": "nobody knows this"}])
    stateless = interaction("anywhere", providerStates=[])
    told = verify(tmp_path, SHOP.replace('"", ', ""), pact(interaction(), unknown, stateless))
    assert {one.description: one.good for one in told.results} == {
        "a track": True,
        "elsewhere": False,
        "anywhere": True,
    }
    assert StateCall("the track is there", "teardown", 200) in told.states
    assert StateCall("nobody knows this", "setup", 404, "{}") in told.states


def test_a_provider_that_dies_is_not_waited_for(tmp_path: Path) -> None:
    """pact asks again and again where a state handler answers with a 5xx, or not at all."""
    dying = SHOP.replace(
        "def do_GET(self):", "def do_GET(self):\n        import os\n        '7' in self.path and os._exit(0)"
    )
    told = verify(tmp_path, dying, pact())
    assert not told.results[0].good
    assert any(call.status == 0 for call in told.states)


def test_a_provider_that_answers_late_has_not_answered(tmp_path: Path) -> None:
    late = SHOP.replace(
        "def do_GET(self):", "def do_GET(self):\n        '7' in self.path and __import__('time').sleep(60)"
    )
    told = verify(tmp_path, late, pact(), patience=200)
    assert not told.results[0].good
    assert "error sending request" in told.results[0].error
    assert told.complaint == ""


def test_what_is_no_pact_is_a_complaint_about_the_pact(tmp_path: Path) -> None:
    told = verify(tmp_path, SHOP, "{")
    assert "Failed to parse Pact JSON" in told.complaint
    assert "\x1b" not in told.complaint
    assert told.blames_pact


def ruled(matcher: dict[str, Any]) -> str:
    """A pact with one matcher for the title."""
    one = interaction()
    response: Any = one["response"]
    rules = {"body": {"$.title": {"combine": "AND", "matchers": [matcher]}}}
    return pact({**one, "response": {**response, "matchingRules": rules}})


def test_a_matcher_that_pact_does_not_take_is_a_complaint_about_the_pact(tmp_path: Path) -> None:
    told = verify(tmp_path, SHOP, ruled({"match": "regex"}))
    assert told.blames_pact
    assert "Could not parse matcher JSON" in told.complaint


def test_an_expression_that_backtracks_without_end_is_a_complaint_about_the_pact(tmp_path: Path) -> None:
    """pact's engine gives up with a panic, and then says that all is well with no interaction at all."""
    shop = SHOP.replace('"Blue"', f'"{"a" * 40}!"')
    told = verify(tmp_path, shop, ruled({"match": "regex", "regex": "^(a+)+$"}))
    assert told.results == ()
    assert told.blames_pact
    assert told.complaint.startswith("pact's verifier gave up: ")


def test_a_huge_answer_is_taken(tmp_path: Path) -> None:
    told = verify(tmp_path, SHOP.replace('"Blue"', '"x" * 5_000_000'), pact())
    assert told.results[0].good


def listened(description: str) -> dict[str, object]:
    contents = {"content": {"id": 7}, "contentType": "application/json", "encoded": False}
    return {"type": "Asynchronous/Messages", "description": description, "contents": contents}


def test_messages_are_verified_and_a_refusal_is_none(tmp_path: Path) -> None:
    """pact itself compares whatever the harness answers, a refusal too, with what is expected."""
    told = verify(tmp_path, SHOP, pact(listened("a listen"), listened("a skip")), messages="/_messages")
    good, refused = told.results
    assert good.good
    assert not refused.good
    assert refused.error.startswith("the provider gives no such message: 404")
    wrong = verify(
        tmp_path, SHOP.replace('"id": 7, "at"', '"id": 8, "at"'), pact(listened("a listen")), messages="/_messages"
    )
    assert wrong.results[0].mismatches[0].path == "$.id"


def fake(tmp_path: Path, script: str) -> NativePactVerifier:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return NativePactVerifier(processes_in(tmp_path), DirStore(tmp_path / "store"), str(python))


def ask(verifier: NativePactVerifier, timeout: float = 60) -> Verification:
    return verifier.verify(
        "shop", [pact()], url="http://127.0.0.1:9", states_url="http://127.0.0.1:9/", timeout=timeout
    )


def test_a_missing_library_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"pip install 'recsys-guardrails\[contracts\]'"):
        ask(fake(tmp_path, f'exec {sys.executable} -S "$@"'))


def test_a_crash_and_a_hang_are_complaints(tmp_path: Path) -> None:
    assert "crashed (-11)" in ask(fake(tmp_path, "kill -SEGV $$")).complaint
    assert "did not end within 0.5 seconds" in ask(fake(tmp_path, "exec sleep 60"), timeout=0.5).complaint


def test_written_pacts_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "c.json").symlink_to("/etc/hostname")
    assert fake(tmp_path, "").written(tmp_path) == {"a.json": "{}"}
