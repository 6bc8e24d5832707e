"""What happens to the disk and the clock under a running service: full, locked by somebody else, set back."""

import resource
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from recsys.domain.items import SECONDS_A_DAY
from tests.recsys_fakes import NOW
from tests.serving_fakes import Harness, answered, ids, refused
from tests.unit.recsys.serving.test_process import GOOD, Running, artifact, running

__all__ = ["artifact"]
EVENT = {"type": "like", "user_id": "somebody", "occurred_at": "2024-10-04T01:00:00Z", "track_id": "t000001"}


def sent(service: Running, event_id: str) -> Any:
    return service.client.post("/v1/events", json={"events": [EVENT | {"event_id": event_id}]})


def dropped(service: Running) -> bool:
    return "recsys_decisions_dropped_total 0.0" not in service.client.get("/metrics").text


@pytest.mark.slow
def test_a_full_disk_refuses_events_drops_the_log_and_answers_slates(artifact: Path, tmp_path: Path) -> None:
    with running(artifact, str(tmp_path / "state")) as service:
        assert answered(sent(service, "before")) == {"accepted": 1, "duplicates": 0}
        soft, hard = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        refused(sent(service, "full"), 503, "store-unavailable")
        first = answered(service.client.post("/v1/recommendations", json=GOOD))
        assert len(first["items"]) == GOOD["k"]
        assert "t000001" not in ids(first)  # liked before
        while not dropped(service):
            pass
        assert service.client.get("/readyz").status_code == 200
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        assert answered(sent(service, "full")) == {"accepted": 1, "duplicates": 0}
        assert answered(sent(service, "before")) == {"accepted": 0, "duplicates": 1}
        assert service.stop() == 0


@pytest.mark.slow
def test_a_locked_store_refuses_events_in_time_and_reads_go_on(artifact: Path, tmp_path: Path) -> None:
    with running(artifact, str(tmp_path / "state")) as service:
        assert answered(sent(service, "before")) == {"accepted": 1, "duplicates": 0}
        with closing(sqlite3.connect(tmp_path / "state" / "state.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            refused(sent(service, "locked"), 503, "store-unavailable")  # while the store itself waits for longer
            assert "t000001" not in ids(answered(service.client.post("/v1/recommendations", json=GOOD)))
            other.execute("ROLLBACK")
        assert sum(answered(sent(service, "locked")).values()) == 1
        assert answered(sent(service, "locked")) == {"accepted": 0, "duplicates": 1}


@pytest.mark.parametrize("back", [60, 3 * SECONDS_A_DAY, NOW], ids=["a minute", "three days", "to 1970"])
def test_a_clock_that_is_set_back_changes_no_rule(service: Harness, back: int) -> None:
    first = service.recommend(k=10)
    artist = first["items"][1]["artist_id"]
    service.report({"type": "like", "track_id": first["items"][0]["track_id"]}, {"type": "block", "artist_id": artist})
    page = service.recommend(k=10)
    service.clock.time -= back
    later = service.recommend(k=10)
    assert first["items"][0]["track_id"] not in ids(later)
    assert artist not in {item["artist_id"] for item in later["items"]}
    catalogue = service.outside.published.model.catalogue
    today = service.clock.time // SECONDS_A_DAY
    assert all(catalogue.released[catalogue.slot(track)] <= today for track in ids(later))
    assert len(later["items"]) == 10 or back == NOW
    token = {"user_id": "u", "k": 10, "page_token": page["next_page_token"]}
    refused(service.client.post("/v1/recommendations", json=token), 410, "stale-page")
    refused(service.client.post("/v1/recommendations", json={"user_id": "u", "k": 0}), 422, "invalid-request")
    late = {"type": "like", "event_id": "late", "user_id": "u", "occurred_at": "2024-10-04T01:00:00Z"}
    response = service.client.post("/v1/events", json={"events": [late | {"track_id": ids(page)[0]}]})
    assert response.status_code == (200 if back < SECONDS_A_DAY else 422)
