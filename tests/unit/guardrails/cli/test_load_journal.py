"""How far a long measurement is, and what is left of it when somebody stops it."""

from pathlib import Path
from typing import Any

import pytest

from guardrails.cli import check
from guardrails.cli.loading.journal import Journal
from guardrails.cli.options import CheckOptions, ReportOptions


def test_each_line_is_said_at_once_and_kept_for_a_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path)
    journal.tell("capacity, head: 35/s held")
    assert "35/s held" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    journal.close()
    assert "PARTIAL: stopped" in capsys.readouterr().err
    assert "35/s held" in (tmp_path / "partial.txt").read_text()


def test_a_part_of_an_earlier_run_is_not_left_lying(tmp_path: Path) -> None:
    (tmp_path / "partial.txt").write_text("old")
    Journal(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_is_stopped_says_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stopped:
        def __init__(self, gates: Any, environment: Any, progress: Any, *, tell: Any) -> None:
            self.tell = tell

        def check(self, options: CheckOptions) -> None:
            self.tell("soak, base: 4 s at 3/s; 9 s remain")
            raise KeyboardInterrupt

    monkeypatch.setattr(check, "Engine", Stopped)
    with pytest.raises(KeyboardInterrupt):
        check.run_check(CheckOptions(), ReportOptions(output=tmp_path / "out"), [])
    assert "soak, base" in (tmp_path / "out/partial.txt").read_text()
    assert "Nothing is judged by a part" in capsys.readouterr().err
