"""What the experimentation pipeline expects of the records that recsys emits."""

from pathlib import Path
from typing import Any

import pytest
from pact import Pact, match

from contracts.consumers.experimentation.client import Exposure, exposures


@pytest.fixture
def pact() -> Pact:
    return Pact("experimentation", "recsys").with_specification("V4")


def test_an_exposure_is_read_from_a_decision(pact: Pact, pact_directory: Path) -> None:
    found: list[Exposure] = []

    def read(body: str | bytes | None, _: dict[str, Any]) -> None:
        found.extend(exposures(body.encode() if isinstance(body, str) else body or b""))

    (
        pact.upon_receiving("the exposure of a user to an experiment", "Async")
        .given("a slate was served", user="experiment-user", k=3)
        .with_body(
            {
                "request_id": match.regex("0b0e7f4e-53a2-4a30-8c5e-3f6f2c9d1a11", regex=r"[0-9a-f-]{32,36}"),
                "query": {"user_id": "experiment-user"},
                "arms": {"explore-more": match.regex("control", regex="control|more")},
                "snapshot": {"now": match.int(1_761_955_200)},
                "tracks": match.each_like(match.str("t12"), min=1),
            },
            "application/json",
        )
    )
    pact.verify(read, "Async")
    pact.write_file(pact_directory)
    [one] = found
    assert (one.user_id, one.experiment, one.arm) == ("experiment-user", "explore-more", "control")
    assert one.exposed_at == 1_761_955_200


def test_an_empty_slate_exposes_nobody() -> None:
    assert list(exposures(b'{"tracks": [], "arms": {"explore-more": "control"}}')) == []
