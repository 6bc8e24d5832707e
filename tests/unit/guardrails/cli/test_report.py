"""A verdict told again: by anybody, later, from a file that a stranger may have written."""

from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.cli import report
from guardrails.cli.main import main
from guardrails.cli.options import FORMATS, ReportOptions
from guardrails.errors import UsageError
from guardrails.model.change import Snapshot
from guardrails.model.verdict import Verdict
from guardrails.report import as_json
from tests.git_repositories import new_repo
from tests.verdict_samples import HEAD, bad, broken, deciding, passing


def written(directory: Path, verdict: Verdict) -> Path:
    path = directory / "verdict.json"
    path.write_text(as_json.render(verdict))
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_can_be_made_of_the_file_alone(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.run_report(written(tmp_path, bad()), ReportOptions(kind)) == 2
    shown = capsys.readouterr().out
    assert "recsys/ranking/linear.py" in shown or kind == "evidence"
    assert len(shown) > 500


def test_the_exit_status_is_the_verdicts_unless_a_hook_lets_a_person_decide_later(tmp_path: Path) -> None:
    path = written(tmp_path, deciding())
    assert report.run_report(path, ReportOptions("json")) == 3
    assert report.run_report(path, ReportOptions("json", review_ok=True)) == 0
    assert report.run_report(written(tmp_path, bad()), ReportOptions("json", review_ok=True)) == 2


def test_a_verdict_on_another_commit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, passing())
    assert HEAD.commit is not None
    assert report.run_report(path, ReportOptions("json"), head=HEAD.commit) == 0
    for other in ("0" * 40, HEAD.commit[:12], HEAD.ref):
        with pytest.raises(UsageError, match="is about 9d3e5a77c0b1"):
            report.run_report(path, ReportOptions("json"), head=other)
    with pytest.raises(UsageError, match="is about no commit"):
        report.run_report(written(tmp_path, broken()), ReportOptions("json"), head=HEAD.commit)


def test_a_file_that_is_absent_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        report.run_report(tmp_path / "absent.json", ReportOptions())
    monkeypatch.setattr(report, "MOST_BYTES", 100)
    with pytest.raises(UsageError, match="more than 100 bytes"):
        report.run_report(written(tmp_path, passing()), ReportOptions())


def test_the_page_gets_its_lines_from_a_repository_that_has_the_trees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARDRAILS_CACHE", str(tmp_path / "cache"))
    repo = new_repo(tmp_path / "repo", {"a.py": "old = 1\n"})
    repo.commit({"a.py": "new = 2\n"})
    base, head = (Snapshot(ref, None, repo.git("rev-parse", f"{ref}^{{tree}}")) for ref in ("HEAD^", "HEAD"))
    path = written(tmp_path, replace(passing(), base=base, head=head))
    report.run_report(path, ReportOptions("html"), repository=repo.root)
    assert "+ new = 2" in capsys.readouterr().out
    report.run_report(path, ReportOptions("html"))
    assert "made from verdict.json alone" in capsys.readouterr().out
    blob = repo.git("rev-parse", "HEAD:a.py")
    for tree in ("0" * 40, blob, "HEAD", "--all", "HEAD^{tree}"):
        path = written(tmp_path, replace(passing(), base=base, head=replace(head, tree=tree)))
        with pytest.raises(UsageError, match="does not have the tree"):
            report.run_report(path, ReportOptions("html"), repository=repo.root)
    with pytest.raises(UsageError, match="on no change"):
        report.run_report(written(tmp_path, broken()), ReportOptions("html"), repository=repo.root)


def test_the_command_line_tells_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, deciding()))
    assert main(["report", "--from", path, "--format", "comment", "--head", str(HEAD.commit)]) == 3
    assert capsys.readouterr().out.startswith("<!-- guardrails:verdict -->\n### REVIEW")
    assert main(["report", "--from", path, "--format", "comment", "--review-ok"]) == 0
    assert main(["report", "--from", path, "--head", "0" * 40]) == 2
