"""The embedded ledger: what is kept is there again, whole, and a file that is none is named."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guardrails.adapters.ledger import FileLedger, ledger_path
from guardrails.errors import JudgementError
from guardrails.model.deployment import Answer, Checked, Deployed, Known, PactVersion

PACT = PactVersion("web", "1", "shop", "d1")
GOOD = Checked("web", "shop", "d1", "b", good=True, at="2026-01-01")
RUNS = Deployed("web", "1", "production", "2026-01-01")


def ledger(tmp_path: Path) -> FileLedger:
    return FileLedger(ledger_path(tmp_path))


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    ledger(tmp_path).record([PACT], [GOOD])
    ledger(tmp_path).deploy(RUNS)
    again = ledger(tmp_path)
    assert again.known() == Known((PACT,), (GOOD,), (RUNS,))
    assert again.can_deploy("shop", "b", "production").answer is Answer.YES
    assert [row.environments for row in again.matrix("web")] == [("production",)]


def test_a_version_has_one_pact_and_keeps_every_result(tmp_path: Path) -> None:
    one = ledger(tmp_path)
    one.record([PACT], [GOOD])
    changed = PactVersion("web", "1", "shop", "d2")
    one.record([changed], [GOOD])
    assert one.known() == Known((changed,), (GOOD, GOOD))


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert ledger(tmp_path).known() == Known()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00 cut off"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    path = ledger_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(JudgementError, match=r"the ledger .*contracts\.sqlite3 cannot be used"):
        ledger(tmp_path).known()


def test_another_schema_is_named(tmp_path: Path) -> None:
    ledger(tmp_path).deploy(RUNS)
    with sqlite3.connect(ledger_path(tmp_path)) as database:
        database.execute("pragma user_version = 9")
    database.close()
    with pytest.raises(JudgementError, match="has schema 9; this version of guardrails reads 1"):
        ledger(tmp_path).deploy(RUNS)


def test_several_write_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: ledger(tmp_path).record([PactVersion("web", str(n), "shop", "d")], [GOOD]), range(20)))
    assert len(ledger(tmp_path).known().pacts) == len(ledger(tmp_path).known().checked) == 20
