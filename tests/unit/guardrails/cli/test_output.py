"""Reports on their way out: every file whole, whatever stands in the way."""

import json
from pathlib import Path

import pytest

from guardrails.cli.options import ReportOptions
from guardrails.cli.output import clear, publish, table, write_reports
from guardrails.errors import UsageError
from guardrails.model.result import Outcome, judged
from guardrails.model.verdict import Verdict, not_judged
from guardrails.report.registry import FILES
from tests.git_repositories import new_repo

PASSED = Verdict(None, None, (judged("scope", Outcome({"files": 1}, {"files": 1}), 0.1),))


def test_every_report_is_written_and_replaced(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "out"
    write_reports(PASSED, directory)
    assert {path.name for path in directory.iterdir()} == {*FILES, ".gitignore"}
    write_reports(not_judged("no base"), directory)
    assert {path.name for path in directory.iterdir()} == {*FILES, ".gitignore"}
    assert json.loads((directory / "verdict.json").read_text())["verdict"] == "error"


def test_a_new_directory_is_no_part_of_the_next_change_and_an_old_one_is_left_as_it_is(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"a.py": "1\n"})
    clear(repo.root / "out")
    write_reports(PASSED, repo.root / "out")
    assert repo.git("status", "--porcelain") == ""
    (repo.root / "mine").mkdir()
    write_reports(PASSED, repo.root / "mine")
    assert not (repo.root / "mine" / ".gitignore").exists()


def test_a_directory_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--output .*cannot be written"):
        write_reports(PASSED, tmp_path / "file" / "out")


def test_reports_of_an_earlier_check_are_gone_before_the_next_one_begins(tmp_path: Path) -> None:
    write_reports(PASSED, tmp_path)
    (tmp_path / "notes.txt").touch()
    clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt"}
    clear(tmp_path / "new" / "out")
    assert (tmp_path / "new" / "out").is_dir()
    with pytest.raises(UsageError, match="cannot be written"):
        clear(tmp_path / "notes.txt" / "out")


def test_a_report_that_cannot_be_made_leaves_the_old_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_reports(PASSED, tmp_path)
    before = (tmp_path / "verdict.json").read_text()
    monkeypatch.setattr(Path, "replace", _fails)
    with pytest.raises(UsageError, match="disk full"):
        write_reports(not_judged("no base"), tmp_path)
    assert (tmp_path / "verdict.json").read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def _fails(*_: object) -> None:
    raise OSError(28, "disk full")


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "github"])
def test_a_verdict_is_printed_in_the_format_that_is_asked_for(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    publish(PASSED, ReportOptions(kind), {})
    shown = capsys.readouterr().out
    assert "pass" in shown.lower()
    assert shown.endswith("\n")
    assert "\x1b" not in shown


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table([("a", "b"), ("long", "c")]) == "a     b\nlong  c"
