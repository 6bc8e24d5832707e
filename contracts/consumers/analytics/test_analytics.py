"""What the analytics job expects of the records that recsys emits."""

from pathlib import Path
from typing import Any

import pytest
from pact import Pact, match

from contracts.consumers.analytics.client import Shown, UnknownFormatError, shown


@pytest.fixture
def pact() -> Pact:
    return Pact("analytics", "recsys").with_specification("V4")


def test_a_decision_is_read(pact: Pact, pact_directory: Path) -> None:
    found: list[Shown] = []

    def read(body: str | bytes | None, _: dict[str, Any]) -> None:
        found.extend(shown(body.encode() if isinstance(body, str) else body or b""))

    (
        pact.upon_receiving("the decision on a slate", "Async")
        .given("a slate was served", user="analysed-user", k=4)
        .with_body(
            {
                "format": 1,
                "request_id": match.str("0b0e7f4e-53a2-4a30-8c5e-3f6f2c9d1a11"),
                "query": {"user_id": "analysed-user"},
                "snapshot": {"model_version": match.str("5f0c")},
                "tracks": match.each_like(match.str("t12"), min=4, max=4),
                "positions": match.each_like(match.int(0), min=4, max=4),
                "scores": match.each_like(match.number(0.5), min=4, max=4),
                "propensities": match.each_like(match.number(0.98), min=4, max=4),
            },
            "application/json",
        )
    )
    pact.verify(read, "Async")
    pact.write_file(pact_directory)
    assert found[0] == Shown("0b0e7f4e-53a2-4a30-8c5e-3f6f2c9d1a11", "analysed-user", "5f0c", "t12", 0, 0.5, 0.98)


def test_a_record_of_another_format_is_refused() -> None:
    with pytest.raises(UnknownFormatError, match="of format 2"):
        shown(b'{"format": 2}')
