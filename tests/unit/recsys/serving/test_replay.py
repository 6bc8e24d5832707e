"""`recsys replay`: from a line of the decision log, the bytes that were sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from recsys.adapters.decisions import JsonDecisions, RotatingFile
from recsys.adapters.policies import DIRECTORY, PolicyArchive
from recsys.adapters.records import DecisionFiles
from recsys.domain.arrays import Ints, Singles
from recsys.domain.model import Model
from recsys.domain.published import Published
from recsys.errors import ReplayError
from recsys.experiments.definitions import Arm, Experiment, Layer
from recsys.ports import Takedowns, UserSettings
from recsys.retrieval.popular import PopularSource
from recsys.serving.replay import digest, replayed
from tests.recsys_fakes import random_model
from tests.serving_fakes import INSTANT, Harness, harness, no_histories

LAYER = Layer("l", "l1", (Experiment("e", "s", (Arm("a", overrides={"epsilon": 0.5}), Arm("b"))),))
EVENTS = [
    {"type": "listen", "event_id": "1", "track_id": "t5", "ms_played": 200_000},
    {"type": "like", "event_id": "2", "track_id": "t7"},
    {"type": "skip", "event_id": "3", "track_id": "t9", "ms_played": 1_000},
    {"type": "block", "event_id": "4", "artist_id": "a3"},
]


def written(service: Harness, directory: Path) -> DecisionFiles:
    """The log of what the service has decided so far."""
    ids = service.outside.published.model.catalogue.ids
    encode = JsonDecisions(ids, policies=PolicyArchive(directory / DIRECTORY, ids))
    file = RotatingFile(directory / "worker-0.jsonl")
    for decision, exchange in zip(service.decisions.decisions, service.decisions.exchanges, strict=True):
        file.write(encode(decision, exchange))
    file.close()
    return DecisionFiles(directory)


def again(service: Harness, directory: Path, response: httpx.Response) -> bytes:
    """What the log gives for an answer, made by the model that is published, long after."""
    assert response.status_code == 200, response.text
    published = Published(random_model(300), no_histories(random_model(300)), {})
    record = written(service, directory).find(response.headers["x-request-id"], published.model.catalogue)
    assert record.exchange.digest == digest(response.content)
    return replayed(published, record)


def listened(service: Harness, tracks: tuple[str, ...], artist: str) -> None:
    events = [dict(event, user_id="u", occurred_at=INSTANT) for event in EVENTS]
    for event, track in zip(events, tracks, strict=False):
        event["track_id"] = track
    events[3]["artist_id"] = artist
    assert service.client.post("/v1/events", json={"events": events}).status_code == 200


BODIES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "explained": {"explain": True, "k": 100},
    "radio in a market": {"surface": "radio", "market": "M1", "allow_explicit": True},
    "repeats": {"allow_repeats": True, "k": 1},
    "cold": {"user_id": "nobody"},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_bytes_are_those_that_were_sent(tmp_path: Path, body: Mapping[str, Any]) -> None:
    with harness(layers=(LAYER,)) as service:
        ids = service.outside.published.model.catalogue.ids
        listened(service, (ids[5], ids[7], ids[9]), service.outside.published.model.catalogue.artist_ids[3])
        service.users.put("u", UserSettings("M2", allow_explicit=True))
        service.policy.current = Takedowns("v/1 of ..", frozenset(ids[:40]))
        response = service.client.post("/v1/recommendations", json={"user_id": "u", **body})
        service.policy.current = Takedowns("later", frozenset(ids[40:90]))
        listened(service, (ids[20], ids[21], ids[22]), service.outside.published.model.catalogue.artist_ids[4])
        service.recommend()
        assert again(service, tmp_path, response) == response.content


def test_a_further_page_and_similar_tracks_too(tmp_path: Path, service: Harness) -> None:
    token = service.recommend()["next_page_token"]
    page = service.client.post("/v1/recommendations", json={"user_id": "u", "page_token": token, "k": 7})
    assert again(service, tmp_path / "page", page) == page.content
    track = service.outside.published.model.catalogue.ids[17]
    similar = service.client.get(f"/v1/tracks/{track}/similar?k=9&market=M1")
    assert again(service, tmp_path / "similar", similar) == similar.content


@dataclass(frozen=True, slots=True)
class Broken:
    """A ranker that fails."""

    schema_version: str

    def score(self, features: Singles) -> Ints:
        raise OSError(f"{features.shape[0]} rows, and no ranker")


def without_ranker(model: Model) -> Model:
    return replace(model, scorer=Broken(model.scorer.schema_version))


def test_what_had_failed_fails_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = without_ranker(random_model(300))
    with harness(published=Published(model, no_histories(model), {})) as service, monkeypatch.context() as patched:
        patched.setattr(PopularSource, "retrieve", lambda *_: 1 / 0)
        response = service.client.post("/v1/recommendations", json={"user_id": "u"})
        patched.undo()
        assert response.json()["degraded"] == ["popular", "ranker"]
        assert again(service, tmp_path, response) == response.content


def test_another_model_is_refused(tmp_path: Path, service: Harness) -> None:
    request_id = service.recommend()["request_id"]
    record = written(service, tmp_path).find(request_id, service.outside.published.model.catalogue)
    other = replace(random_model(300), version="other")
    with pytest.raises(ReplayError, match=r"made by model 'random', and this is 'other'.*--artifact"):
        replayed(Published(other, no_histories(other), {}), record)


def cut(line: bytes) -> bytes:
    return line[: len(line) // 2] + b"\n"


def older(line: bytes) -> bytes:
    told = json.loads(line)
    del told["user"]
    return json.dumps(told).encode() + b"\n"


def misshapen(line: bytes) -> bytes:
    told = json.loads(line)
    told["user"]["history"]["shape"] = [3]
    return json.dumps(told).encode() + b"\n"


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (cut, "no decision about"),
        (older, "missing required field `user`"),
        (misshapen, "cannot be replayed: cannot re"),
    ],
)
def test_a_line_that_is_damaged_is_said(
    tmp_path: Path, service: Harness, harm: Callable[[bytes], bytes], says: str
) -> None:
    request_id = service.recommend()["request_id"]
    log = written(service, tmp_path)
    path = tmp_path / "worker-0.jsonl"
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(ReplayError, match=says):
        log.find(request_id, service.outside.published.model.catalogue)


def test_takedowns_that_were_not_kept_are_said(tmp_path: Path, service: Harness) -> None:
    request_id = service.recommend()["request_id"]
    log = written(service, tmp_path)
    for kept in (tmp_path / DIRECTORY).iterdir():
        kept.unlink()
    with pytest.raises(ReplayError, match=r"takedowns of version .* cannot be read"):
        log.find(request_id, service.outside.published.model.catalogue)
