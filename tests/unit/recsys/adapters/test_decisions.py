"""The decision log: exact, bounded, never in the way."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from threading import get_ident
from typing import Any

import numpy as np
import pytest

from recsys.adapters.decisions import JsonDecisions, QueuedDecisions, RotatingFile
from recsys.domain.query import PolicySnapshot
from recsys.domain.slate import Decision, Exchange
from recsys.errors import StoreUnavailableError
from recsys.pipeline import recommend
from tests.recsys_fakes import make_engine, make_query, no_takedowns, random_model, random_user

ASKED = Exchange("/v1/recommendations", b"{}", "0" * 64)


@pytest.fixture(scope="module")
def decision() -> Decision:
    model = random_model(300)
    policy: PolicySnapshot = no_takedowns(model.catalogue)
    return recommend(make_engine(model), make_query(20, market="M0"), random_user(model), policy).decision


def column(encoded: dict[str, Any]) -> Any:
    data = base64.b64decode(encoded["data"])
    return np.frombuffer(data, dtype=encoded["dtype"]).reshape(encoded["shape"])


def test_a_line_holds_what_replay_and_analysis_need(decision: Decision) -> None:
    ids = random_model(300).catalogue.ids
    line = json.loads(JsonDecisions(ids, full_every=0)(decision, ASKED))
    slate = decision.slate
    assert line["tracks"] == [ids[slot] for slot in slate.slots]
    assert line["scores"] == slate.scores.tolist()
    assert line["propensities"] == slate.propensities.tolist()
    assert line["positions"] == list(range(20))
    assert (line["query"]["now"], line["query"]["seed"]) == (decision.query.now, decision.query.seed)
    assert line["snapshot"]["model_version"] == "random"
    assert line["config"]["epsilon"] == decision.config.epsilon
    rows = np.searchsorted(decision.features.candidates.slots, slate.slots)
    assert np.array_equal(column(line["features"]), decision.features.values[rows])
    assert "candidates" not in line


def test_a_full_line_holds_every_candidate_to_the_bit(decision: Decision) -> None:
    encode = JsonDecisions(random_model(300).catalogue.ids, full_every=1)
    columns = {name: column(value) for name, value in json.loads(encode(decision, ASKED))["candidates"].items()}
    expected = {
        "slots": decision.features.candidates.slots,
        "features": decision.features.values,
        "kept_scores": decision.filtered.kept.scores,
        "removed": decision.filtered.removed,
        "reasons": decision.filtered.reasons,
        "pool": decision.pool.slots,
        "pool_scores": decision.pool.scores,
    }
    for name, values in expected.items():
        assert columns[name].dtype == values.dtype
        assert np.array_equal(columns[name], values)


def test_a_backfilled_track_has_no_features() -> None:
    model = random_model(300)
    engine = make_engine(model, popular_budget=20, release_budget=0, item_item_budget=0)
    served = recommend(engine, make_query(40, market="M0"), random_user(model, plays=0), no_takedowns(model.catalogue))
    features = column(json.loads(JsonDecisions(model.catalogue.ids)(served.decision, ASKED))["features"])
    candidates = set(served.decision.features.candidates.slots.tolist())
    known = [slot in candidates for slot in served.slate.slots.tolist()]
    assert any(known)
    assert not all(known)
    assert (~np.isnan(features).any(axis=1)).tolist() == known


def test_a_slate_without_candidates_is_logged() -> None:
    model = random_model(300)
    served = recommend(
        make_engine(model), make_query(5, market="XX"), random_user(model), no_takedowns(model.catalogue)
    )
    assert json.loads(JsonDecisions(model.catalogue.ids)(served.decision, ASKED))["tracks"] == []


class Held:
    """A sink that waits until it is let, and keeps what it got."""

    def __init__(self) -> None:
        self.go, self.entered, self.lines, self.closed = Flag(), Flag(), list[bytes](), False

    def write(self, line: bytes) -> None:
        self.entered.set()
        assert self.go.wait(10)
        self.lines.append(line)

    def close(self) -> None:
        self.closed = True


def test_a_full_queue_drops_and_counts_and_never_waits(decision: Decision) -> None:
    sink, dropped = Held(), []
    log = QueuedDecisions(sink, lambda *_: lambda: b"line", lambda: dropped.append(1), capacity=2)
    log.write(decision, ASKED)
    assert sink.entered.wait(10)
    for _ in range(5):
        log.write(decision, ASKED)
    assert len(dropped) == 3
    sink.go.set()
    log.close()
    assert len(sink.lines) == 3
    assert sink.closed


def test_a_line_is_prepared_where_it_is_written_and_only_the_disk_is_left_to_the_thread(decision: Decision) -> None:
    sink, prepared, finished = Held(), list[int](), list[int]()
    sink.go.set()

    def prepare(*_: object) -> Callable[[], bytes]:
        prepared.append(get_ident())
        return finish

    def finish() -> bytes:
        finished.append(get_ident())
        return b"line"

    log = QueuedDecisions(sink, prepare, lambda: None)
    log.write(decision, ASKED)
    assert prepared == [get_ident()]
    log.close()
    assert sink.lines == [b"line"]
    assert finished
    assert get_ident() not in finished


class Full:
    """A disk that is full."""

    def write(self, line: bytes) -> None:
        raise OSError("no space left")

    def close(self) -> None:
        pass


def test_a_full_disk_is_counted_and_the_log_goes_on(decision: Decision) -> None:
    dropped: list[int] = []
    log = QueuedDecisions(Full(), lambda *_: lambda: b"line", lambda: dropped.append(1))
    log.write(decision, ASKED)
    log.write(decision, ASKED)
    log.close()
    assert len(dropped) == 2


def test_files_rotate_and_only_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "log" / "d.jsonl"
    file = RotatingFile(path, max_bytes=10, kept=3)
    for n in range(10):
        file.write(b"line%d\n" % n)
    file.close()
    assert sorted(found.name for found in path.parent.iterdir()) == ["d.jsonl", "d.jsonl.1", "d.jsonl.2"]
    assert [path.with_name(name).read_bytes() for name in ("d.jsonl.2", "d.jsonl.1", "d.jsonl")] == [
        b"line7\n",
        b"line8\n",
        b"line9\n",
    ]


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for text in (b"a\n", b"b\n"):
        file = RotatingFile(tmp_path / "d.jsonl")
        file.write(text)
        file.close()
    assert (tmp_path / "d.jsonl").read_bytes() == b"a\nb\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="decision log"):
        RotatingFile(tmp_path / "file" / "d.jsonl")
