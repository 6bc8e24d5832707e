"""A slate on a terminal."""

import msgspec

from recsys.serving import table, wire
from recsys.serving.service import Service
from tests.serving_fakes import Harness


def rendered(service: Harness, **fields: object) -> list[str]:
    request = msgspec.convert({"user_id": "u", **fields}, wire.RecommendationRequest)
    answer, decision = Service(service.outside).recommend(request, "r1")
    return table.rendered(answer, decision, "u").splitlines()


def test_a_table_has_a_heading_and_a_row_for_each_track(service: Harness) -> None:
    lines = rendered(service, k=3)
    answer = service.recommend(k=3)
    assert lines[0] == "3 tracks for u in M0, model random"
    assert lines[2].split() == ["#", "track", "title", "artist", "score", "why"]
    assert [line.split()[:2] for line in lines[3:]] == [
        [str(n + 1), item["track_id"]] for n, item in enumerate(answer["items"])
    ]


def test_columns_line_up_also_with_wide_letters() -> None:
    item = wire.Item(
        track_id="t1",
        title="夜に駆ける",
        artist_id="a",
        artist_name="x" * 50,
        explicit=True,
        score=1.0,
        tier="fallback",
        position=0,
        sources=["popular"],
        reason="popular",
        propensity=1.0,
    )
    row = table._row(item)
    assert row[2] == "夜に駆ける [explicit]"
    assert row[3] == "x" * 31 + "…"
    assert row[5] == "popular (fallback)"
    assert table._line(row, [1, 2, 30, 32, 6, 3]).startswith("1  t1  夜に駆ける [explicit]           x")


def test_a_title_cannot_steer_the_terminal() -> None:
    assert table.plain("a\x1b[2J\nb\u202ec") == "a?[2J?b?c"


def test_an_explanation_shows_features_under_each_track(service: Harness) -> None:
    lines = rendered(service, k=2, explain=True)
    assert sum("artist_days=365" in line for line in lines) == 2
    assert sum("sources=" in line for line in lines) == 2


def test_an_empty_slate_says_what_may_be_wrong(service: Harness) -> None:
    service.clock.time = 0
    assert "nothing is eligible" in rendered(service)[-1]
