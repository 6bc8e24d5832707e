"""Nothing that was acknowledged is lost, wherever `kill -9` falls: the real process, killed again and again."""

import random
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.recsys.serving.test_process import Running, artifact, running

__all__ = ["artifact"]
KILLS = 24
SENDERS = 3
BATCH = 5


def event(event_id: str) -> dict[str, Any]:
    return {
        "type": "like",
        "event_id": event_id,
        "user_id": "u",
        "occurred_at": "2024-10-04T01:00:00Z",
        "track_id": "t000001",
    }


class Sender(threading.Thread):
    """Sends batches until the service is gone, and kills it itself when so many of all are acknowledged."""

    def __init__(self, service: Running, name: str, acknowledged: list[str], kill_at: int) -> None:
        super().__init__()
        self._service, self._prefix, self._acknowledged, self._kill_at = service, name, acknowledged, kill_at
        self.wrong: list[str] = []

    def run(self) -> None:
        with suppress(httpx.TransportError), httpx.Client(base_url=self._service.url, timeout=10) as client:
            for number in range(10_000):
                ids = [f"{self._prefix}-{number}-{row}" for row in range(BATCH)]
                response = client.post("/v1/events", json={"events": [event(one) for one in ids]})
                if response.json() != {"accepted": BATCH, "duplicates": 0}:
                    self.wrong.append(response.text)
                self._acknowledged.extend(ids)
                if len(self._acknowledged) >= self._kill_at:
                    self._service.process.kill()


def seen(service: Running, ids: list[str]) -> int:
    """How many of the events the service knows: those that it calls duplicates."""
    found = 0
    for start in range(0, len(ids), 100):
        body = {"events": [event(one) for one in ids[start : start + 100]]}
        found += service.client.post("/v1/events", json=body).json()["duplicates"]
    return found


@pytest.mark.slow
def test_many_kills_lose_no_acknowledged_event_and_count_none_twice(artifact: Path, tmp_path: Path) -> None:
    state, chance = str(tmp_path / "state"), random.Random(7)
    acknowledged: list[str] = []
    checked = 0
    for kill in range(KILLS + 1):
        with running(artifact, state) as service:
            assert seen(service, acknowledged[checked:]) == len(acknowledged) - checked, f"lost by kill {kill}"
            checked = len(acknowledged)
            if kill == KILLS:
                assert seen(service, acknowledged) == len(acknowledged)
                break
            kill_at = checked + chance.randrange(1, 120)
            senders = [Sender(service, f"{kill}-{n}", acknowledged, kill_at) for n in range(SENDERS)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            assert not [text for sender in senders for text in sender.wrong]
            assert service.process.wait(10) == -9
    assert len(acknowledged) > KILLS
