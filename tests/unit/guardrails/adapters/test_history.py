"""How often files changed lately, in a real history."""

from pathlib import Path

import pytest

from guardrails.adapters import history
from guardrails.adapters.git import open_repository
from guardrails.adapters.history import changes_lately
from tests.git_repositories import new_repo


def test_each_commit_that_touches_a_path_counts_once_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a\nb \u202e.py"
    repo = new_repo(tmp_path, {"kept.py": "", name: "1"})
    for text in ("2", "3"):
        repo.write({name: text})
        repo.git("add", "-A")
        repo.git("commit", "-qm", "again")
    git, tip = open_repository(repo.root).git, repo.git("rev-parse", "HEAD")
    assert changes_lately(git, tip) == {name: 3, "kept.py": 1, "a.py": 1}
    assert changes_lately(git, repo.git("rev-parse", "HEAD~1")) == {name: 2, "kept.py": 1, "a.py": 1}
    monkeypatch.setattr(history, "MOST_COMMITS", 2)
    assert changes_lately(git, tip) == {name: 2}


@pytest.mark.parametrize("commit", [None, "", "HEAD", "--all", "0" * 40, "7" * 39])
def test_what_is_no_commit_here_has_no_history(commit: str | None, tmp_path: Path) -> None:
    repo = new_repo(tmp_path, {"kept.py": ""})
    assert changes_lately(open_repository(repo.root).git, commit) == {}
