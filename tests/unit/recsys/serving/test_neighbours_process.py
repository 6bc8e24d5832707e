"""The real process beside a stub of its neighbours, which is itself held to recsys' pacts."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contracts.neighbours.stub import Neighbourhood, listened, server
from recsys.bootstrap import artifact_directory
from tests.recsys_worlds import small_published
from tests.unit.recsys.serving.test_process import Running

PACTS = Path("contracts/pacts")
PATIENCE = 100_000  # answers that are asked for until one is as it should be; there is no clock in these tests
ASK = {"user_id": "somebody", "k": 20}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "model"
    artifact_directory(path).write(small_published())
    return path


@contextmanager
def stub() -> Iterator[tuple[Neighbourhood, str]]:
    known = Neighbourhood()
    running = server(known)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield known, f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


def eventually(found: Callable[[], bool]) -> None:
    assert any(found() for _ in range(PATIENCE)), "it never came true"


@pytest.mark.slow
def test_a_service_follows_its_neighbours_and_bears_their_silence(artifact: Path, tmp_path: Path) -> None:
    with stub() as (known, url):
        options = ("--catalogue", url, "--profiles", url, "--listens", url, "--stale-takedowns", "5")
        service = Running(artifact, str(tmp_path / "state"), *options)
        try:
            eventually(lambda: service.client.get("/readyz").status_code == 200)

            def shown() -> list[str]:
                """The slate; on a busy machine the profile may not come in time, and then it is asked for again."""
                answers = (service.client.post("/v1/recommendations", json=ASK) for _ in range(PATIENCE))
                answer = next(answer for answer in answers if answer.status_code == 200)
                return [item["track_id"] for item in answer.json()["items"]]

            first, second, third = shown()[:3]
            known.takedowns = {"tracks": [first], "artists": []}
            eventually(lambda: first not in shown())
            known.profiles["somebody"] = {
                "market": None,
                "allow_explicit": None,
                "blocked_tracks": [second],
                "blocked_artists": [],
            }
            eventually(lambda: second not in shown())
            known.emit({**listened(user="somebody"), "track_id": third})
            eventually(lambda: third not in shown())
            assert 'recsys_listen_messages_total{outcome="read"} 1.0' in service.client.get("/metrics").text
            known.down = {"/v1/profile"}
            eventually(lambda: service.client.post("/v1/recommendations", json=ASK).json()["degraded"] == ["profile"])
            assert second not in shown(), "the blocks that were known last still hold"
            stranger = service.client.post("/v1/recommendations", json={"user_id": "never-seen", "k": 3})
            assert stranger.json()["type"] == "urn:problem-type:recsys:policy-unavailable"
            eventually(lambda: 'circuit_open{neighbour="profiles"} 1.0' in _asked(service, shown))
            known.down = {"/v1/takedowns"}
            eventually(lambda: service.client.get("/readyz").status_code == 503)
            known.down = set()
            eventually(lambda: service.client.get("/readyz").status_code == 200)
            assert service.stop() == 0
        finally:
            service.close()


def _asked(service: Running, shown: Callable[[], list[str]]) -> str:
    shown()
    return service.client.get("/metrics").text


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["catalogue", "profiles", "listens"])
def test_the_stub_keeps_the_promises_that_recsys_asks_for(provider: str) -> None:
    from pact import Verifier

    os.environ["PACT_DO_NOT_TRACK"] = "true"
    with stub() as (_, url):
        port = int(url.rpartition(":")[2])
        verifier = Verifier(provider, host="127.0.0.1").add_transport(url=url)
        verifier.add_transport(protocol="message", port=port, path="/_messages", scheme="http")
        verifier.add_source(PACTS / f"recsys-{provider}.json").set_error_on_empty_pact(enabled=True)
        verifier.state_handler(f"{url}/_states", teardown=True, body=True).verify()


def test_every_state_that_recsys_pacts_name_is_known_to_the_stub_and_taken_down() -> None:
    known = Neighbourhood()
    states = 0
    for path in sorted(PACTS.glob("recsys-*.json")):
        for interaction in json.loads(path.read_text())["interactions"]:
            for state in interaction.get("providerStates", ()):
                known.change(state["name"], "setup", state.get("params") or {})
                known.change(state["name"], "teardown", {})
                assert known == Neighbourhood(changed=known.changed)
                states += 1
    assert states >= 12
    with pytest.raises(LookupError, match="no handler for the provider state 'it rains'"):
        known.change("it rains", "setup", {})


def test_the_stub_refuses_what_makes_no_sense() -> None:
    with stub() as (_, url), httpx.Client(base_url=url) as client:
        assert client.put("/_takedowns", json={"tracks": []}).status_code == 400
        assert client.post("/_messages", json={"description": "a listen"}).status_code == 400
        assert client.put("/_nowhere", json={}).status_code == 404
        assert client.put("/_profile", params={"user_id": "u"}, json={"market": "SE"}).status_code == 200
        assert client.get("/v1/profile", params={"user_id": "u"}).json()["market"] == "SE"
