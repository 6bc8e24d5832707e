"""Pacts that pact-jvm and pact-js themselves wrote are verified as they are: bytes and numbers agree."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.adapters.pact import NativePactVerifier
from guardrails.analysis.pacts import Pact, parse
from guardrails.analysis.promises.interactions import compare
from guardrails.ports import Command
from tests import songs_service
from tests.judge_fakes import DirStore
from tests.judge_suites import processes_in

PLACE = Path(__file__).parents[3] / "foreign_pacts" / "made"
JVM, JS = {"jvm-app", "jvm-tv", "jvm-stats", "jvm-alerts"}, {"js-web", "js-tv", "js-stats", "js-alerts"}
ONLY_JVM = {"largest", "album_id"}
"""What no JavaScript consumer can read as a number."""


def pacts() -> list[Pact]:
    return [parse(path.name, path.read_text(encoding="utf-8")) for path in sorted(PLACE.glob("*.json"))]


def failed(tmp_path: Path, *wrong: str) -> Mapping[tuple[str, str], set[str]]:
    """The paths that do not match, or the error, of each interaction, where the service has these faults."""
    processes = processes_in(tmp_path)
    verifier = NativePactVerifier(processes, DirStore(tmp_path / "store"), sys.executable)
    faults = [part for fault in wrong for part in ("--wrong", fault)]
    command = Command((sys.executable, songs_service.__file__, "--port", "{port}", *faults), tmp_path)
    with processes.serve(command, ready_path="/songs/7", ready_timeout=30) as service:
        told = verifier.verify(
            "songs",
            [pact.text for pact in pacts()],
            url=service.url,
            states_url=f"{service.url}/_states",
            timeout=60,
            messages_url=f"{service.url}/_messages",
        )
    assert told.complaint == ""
    return {
        (one.consumer, one.description): {mismatch.path for mismatch in one.mismatches} | {one.error} - {""}
        for one in told.results
    }


def test_every_library_and_version_is_there() -> None:
    read = pacts()
    assert {pact.consumer for pact in read} == JVM | JS
    assert {'"version": "4.6.17"' in pact.text for pact in read if pact.consumer in JVM} == {True}
    assert {'"pact-js"' in pact.text for pact in read if pact.consumer in JS} == {True}
    for pact in read:
        for one in pact.interactions:
            assert one.states == ("the song is there",)
            assert compare(one, one) == []
            assert pact.line(one.description) is not None, "where the expectation stands, however it is written"


def test_they_are_verified_as_they_are(tmp_path: Path) -> None:
    owed = {(pact.consumer, one.description): set() for pact in pacts() for one in pact.interactions}
    assert len(owed) == 9
    assert failed(tmp_path) == owed


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(songs_service.FAULTS))
def test_one_digit_or_letter_is_found_for_whom_reads_it(fault: str, tmp_path: Path) -> None:
    name, _ = songs_service.FAULTS[fault]
    readers = JVM if name in ONLY_JVM else JVM | JS
    told = failed(tmp_path, fault)
    ids = told.pop(("js-tv", "the ids of a song"))
    assert bool(ids) == (name in {"id", "largest"})
    paths = {consumer: found for (consumer, _), found in told.items()}
    assert paths == {consumer: {f"$.{name}"} if consumer in readers else set() for consumer in JVM | JS}
