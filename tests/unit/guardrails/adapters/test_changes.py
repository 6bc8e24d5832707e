"""Which change is meant: every way to name one, and every way to name none, on real repositories."""

import subprocess
from pathlib import Path

import pytest

from guardrails.adapters.changes import Wanted, find_change
from guardrails.adapters.git import open_repository
from guardrails.adapters.objects import private_objects
from guardrails.errors import RepositoryError, ToolMissingError
from guardrails.model.change import Change
from tests.git_repositories import Repo, fingerprint, new_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one commit on main, which a look at it must leave as it is."""
    return new_repo(tmp_path / "repo")


def look(repo: Repo, tmp_path: Path, wanted: Wanted = Wanted()) -> tuple[Change, tuple[str, ...]]:  # noqa: B008
    """The change that is found, with the repository untouched by the search."""
    before = fingerprint(repo.root)
    scratch = tmp_path / f"scratch-{len(list(tmp_path.iterdir()))}"
    scratch.mkdir()
    try:
        return find_change(private_objects(open_repository(repo.root), scratch), wanted)
    finally:
        assert fingerprint(repo.root) == before


def paths(change: Change) -> list[str]:
    return [file.path for file in change.files]


def test_a_branch_is_judged_against_where_it_left_the_default_branch(repo: Repo, tmp_path: Path) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.branch("feature")
    head = repo.commit({"b.py": "y = 2\n"}, "Add y\n\nBecause of z.")
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c.py": "z = 3\n"})
    repo.git("checkout", "--quiet", "feature")
    change, notes = look(repo, tmp_path)
    assert (change.base.commit, change.head.commit, change.head.ref) == (base, head, "feature")
    assert paths(change) == ["b.py"]
    assert change.head.subject == "Add y"
    assert change.messages == ("Add y\n\nBecause of z.",)
    assert any("where the change left main" in note for note in notes)


def test_uncommitted_work_is_part_of_the_change_and_ignored_files_are_not(repo: Repo, tmp_path: Path) -> None:
    repo.commit({".gitignore": "*.log\n"})
    repo.branch("feature")
    repo.commit({"b.py": "y = 2\n"})
    repo.write({"a.py": "x = 2\n", "new.py": "", "noise.log": "noise", "staged.py": "s = 1\n"})
    repo.git("add", "staged.py")
    repo.write({"staged.py": "s = 2\n"})
    change, notes = look(repo, tmp_path)
    assert change.uncommitted
    assert change.head.commit is None
    assert paths(change) == ["a.py", "b.py", "new.py", "staged.py"]
    assert "uncommitted work on feature is part of the change" in notes[0]


def test_a_named_head_leaves_the_uncommitted_work_out(repo: Repo, tmp_path: Path) -> None:
    repo.branch("feature")
    head = repo.commit({"b.py": "y = 2\n"})
    repo.write({"a.py": "x = 2\n"})
    change, _ = look(repo, tmp_path, Wanted(head="HEAD"))
    assert (change.head.commit, change.uncommitted, paths(change)) == (head, False, ["b.py"])


def test_work_on_the_default_branch_is_judged_against_its_last_commit(repo: Repo, tmp_path: Path) -> None:
    repo.write({"a.py": "x = 2\n"})
    change, _ = look(repo, tmp_path)
    assert (change.base.commit, paths(change)) == (repo.git("rev-parse", "HEAD"), ["a.py"])


def test_unpushed_commits_on_the_default_branch_are_judged_against_the_remote(repo: Repo, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", repo.root, tmp_path / "clone"], check=True, capture_output=True)
    clone = Repo(tmp_path / "clone")
    base = clone.git("rev-parse", "HEAD")
    clone.commit({"b.py": "1\n"})
    clone.commit({"c.py": "2\n"})
    change, _ = look(clone, tmp_path)
    assert (change.base.commit, paths(change)) == (base, ["b.py", "c.py"])


def test_of_a_local_and_a_remote_default_branch_the_one_nearer_to_the_change_is_its_base(
    repo: Repo, tmp_path: Path
) -> None:
    subprocess.run(["git", "clone", "--quiet", repo.root, tmp_path / "clone"], check=True, capture_output=True)
    clone = Repo(tmp_path / "clone")
    newer = clone.commit({"b.py": "1\n"})
    clone.branch("feature")
    clone.commit({"c.py": "2\n"})
    change, _ = look(clone, tmp_path)
    assert change.base.commit == newer


def test_a_base_that_moved_on_gives_way_to_the_merge_base_and_it_is_said(repo: Repo, tmp_path: Path) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.branch("feature")
    repo.commit({"b.py": "y = 2\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c.py": "z = 3\n"})
    change, notes = look(repo, tmp_path, Wanted("main", "feature"))
    assert (change.base.commit, paths(change)) == (base, ["b.py"])
    assert any("where the change left main" in note for note in notes)


def test_a_base_that_is_the_merge_base_is_not_worth_a_word(repo: Repo, tmp_path: Path) -> None:
    repo.branch("feature")
    repo.commit({"b.py": "y = 2\n"})
    assert look(repo, tmp_path, Wanted("main", "feature"))[1] == ()


def test_a_bare_branch_name_may_be_the_remotes(repo: Repo, tmp_path: Path) -> None:
    repo.branch("side")
    repo.commit({"b.py": "y = 2\n"})
    repo.git("checkout", "--quiet", "main")
    subprocess.run(["git", "clone", "--quiet", repo.root, tmp_path / "clone"], check=True, capture_output=True)
    assert paths(look(Repo(tmp_path / "clone"), tmp_path, Wanted("main", "side"))[0]) == ["b.py"]


def test_the_policy_of_the_default_branch_may_name_another(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"guardrails.toml": 'schema = 1\ndefault_branch = "trunk"\n'})
    repo.git("checkout", "--quiet", "-b", "trunk")
    base = repo.commit({"b.py": "1\n"})
    repo.branch("feature")
    repo.commit({"c.py": "2\n"})
    change, _ = look(repo, tmp_path)
    assert (change.base.commit, change.base.ref) == (base, "trunk")


class TestNewest:
    """`--newest`: what a checkout was made for."""

    def test_the_last_commit_of_the_default_branch(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit({"b.py": "1\n"})
        head = repo.commit({"c.py": "2\n"})
        change, notes = look(repo, tmp_path, Wanted(newest=True))
        assert (change.head.commit, change.base.ref, paths(change)) == (head, "main^", ["c.py"])
        assert "newest commit" in notes[0]

    def test_the_first_parent_of_a_merge(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"b.py": "1\n"})
        repo.git("checkout", "--quiet", "main")
        parent = repo.commit({"c.py": "2\n"})
        repo.git("merge", "--quiet", "--no-ff", "feature")
        change, _ = look(repo, tmp_path, Wanted(newest=True))
        assert (change.base.commit, paths(change)) == (parent, ["b.py"])

    def test_uncommitted_work_on_the_default_branch(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit({"b.py": "1\n"})
        repo.write({"c.py": "2\n"})
        change, _ = look(repo, tmp_path, Wanted(newest=True))
        assert (change.uncommitted, paths(change)) == (True, ["c.py"])

    def test_a_branch_with_its_uncommitted_work(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"b.py": "1\n"})
        repo.write({"c.py": "2\n"})
        assert paths(look(repo, tmp_path, Wanted(newest=True))[0]) == ["b.py", "c.py"]

    def test_a_detached_head_in_the_history_of_the_default_branch(self, repo: Repo, tmp_path: Path) -> None:
        middle = repo.commit({"b.py": "1\n"})
        repo.commit({"c.py": "2\n"})
        repo.git("checkout", "--quiet", "--detach", middle)
        change, _ = look(repo, tmp_path, Wanted(newest=True))
        assert (change.head.commit, paths(change)) == (middle, ["b.py"])

    def test_no_default_branch_at_all(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("branch", "--move", "main", "work")
        repo.commit({"b.py": "1\n"})
        assert paths(look(repo, tmp_path, Wanted(newest=True))[0]) == ["b.py"]


class TestBadInput:
    """Each says what is wrong and what to do."""

    def refused(self, repo: Repo, tmp_path: Path, wanted: Wanted) -> str:
        with pytest.raises(RepositoryError) as caught:
            look(repo, tmp_path, wanted)
        return str(caught.value)

    def test_an_unknown_ref_is_named_with_the_nearest_one(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"b.py": "1\n"})
        message = self.refused(repo, tmp_path, Wanted("mian"))
        assert message.startswith("--base 'mian' names no commit")
        assert "Did you mean 'main'?" in message
        assert "--head '0000000'" in self.refused(repo, tmp_path, Wanted("main", "0000000"))

    @pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/owned", "-h", "main..feature", "HEAD:a.py", "x y", "ä"])
    def test_a_ref_that_is_no_ref_is_refused(self, repo: Repo, tmp_path: Path, ref: str) -> None:
        assert "names no commit" in self.refused(repo, tmp_path, Wanted(ref))

    def test_an_empty_difference_is_refused(self, repo: Repo, tmp_path: Path) -> None:
        message = self.refused(repo, tmp_path, Wanted())
        assert message.startswith("nothing to judge")
        assert "--newest" in message
        assert "nothing to judge" in self.refused(repo, tmp_path, Wanted("HEAD", "HEAD"))

    def test_commits_that_undo_each_other_are_an_empty_difference(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"a.py": "x = 2\n"})
        repo.commit({"a.py": "x = 1\n"})
        assert "nothing to judge" in self.refused(repo, tmp_path, Wanted())

    def test_the_first_commit_has_nothing_to_be_judged_against(self, repo: Repo, tmp_path: Path) -> None:
        assert "is the first commit" in self.refused(repo, tmp_path, Wanted(newest=True))

    def test_unrelated_histories_have_no_base(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("checkout", "--quiet", "--orphan", "other")
        repo.commit({"b.py": "1\n"})
        assert "no common history" in self.refused(repo, tmp_path, Wanted("main"))

    def test_a_repository_without_a_default_branch_asks_for_a_base(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("branch", "--move", "main", "work")
        message = self.refused(repo, tmp_path, Wanted())
        assert "--base" in message
        assert "default_branch" in message

    def test_a_repository_without_a_commit(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        repo = Repo(tmp_path / "empty")
        repo.git("init", "--quiet")
        assert "has no commit yet" in self.refused(repo, tmp_path, Wanted())

    def test_a_merge_with_conflicts(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"a.py": "x = 2\n"})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"a.py": "x = 3\n"})
        repo.git("merge", "feature", check=False)
        assert "a.py has conflicts" in self.refused(repo, tmp_path, Wanted())

    def test_a_shallow_clone_without_the_merge_base_says_how_to_fetch_it(self, repo: Repo, tmp_path: Path) -> None:
        repo.branch("feature")
        repo.commit({"b.py": "1\n"})
        repo.commit({"c.py": "2\n"})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"d.py": "3\n"})
        url = f"file://{repo.root}"
        clone = tmp_path / "shallow"
        subprocess.run(["git", "clone", "--quiet", "--depth=1", "--no-single-branch", url, clone], check=True)
        message = self.refused(Repo(clone), tmp_path, Wanted("main", "feature"))
        assert "shallow" in message
        assert "git fetch --unshallow" in message
        newest = self.refused(Repo(clone), tmp_path, Wanted(newest=True))
        assert "git fetch --deepen=1" in newest

    def test_a_directory_that_is_no_repository(self, tmp_path: Path) -> None:
        with pytest.raises(RepositoryError, match="is not in a git repository"):
            open_repository(tmp_path)
        with pytest.raises(RepositoryError, match="is not a directory"):
            open_repository(tmp_path / "absent")

    def test_no_git(self, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(ToolMissingError, match="Install git"):
            open_repository(repo.root)


def test_a_subdirectory_and_a_linked_work_tree_are_the_same_repository(repo: Repo, tmp_path: Path) -> None:
    repo.branch("feature")
    repo.commit({"deep/er/b.py": "1\n"})
    assert open_repository(repo.root / "deep" / "er").root == repo.root
    repo.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"), "feature")
    linked = Repo(tmp_path / "linked")
    linked.write({"c.py": "2\n"})
    change, _ = look(linked, tmp_path)
    assert paths(change) == ["c.py", "deep/er/b.py"]
    assert open_repository(linked.root).common_directory == repo.root / ".git"


def test_a_bare_repository_is_judged_by_its_commits(repo: Repo, tmp_path: Path) -> None:
    repo.branch("feature")
    repo.commit({"b.py": "1\n"})
    subprocess.run(["git", "clone", "--quiet", "--bare", repo.root, tmp_path / "bare.git"], check=True)
    change, _ = look(Repo(tmp_path / "bare.git"), tmp_path, Wanted("main", "feature"))
    assert paths(change) == ["b.py"]


def test_what_the_callers_shell_says_of_git_does_not_steer_the_judge(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.branch("feature")
    repo.commit({"b.py": "1\n"})
    elsewhere = new_repo(tmp_path / "elsewhere")
    for name, value in {
        "GIT_DIR": elsewhere.root / ".git",
        "GIT_WORK_TREE": elsewhere.root,
        "GIT_INDEX_FILE": tmp_path / "index",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_TRACE": "1",
    }.items():
        monkeypatch.setenv(name, str(value))
    assert paths(look(repo, tmp_path)[0]) == ["b.py"]


def test_a_program_that_the_repository_configures_is_never_run(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.py.textconv", "diff.py.command", "core.pager"):
        repo.git("config", key, str(trap))
    hooks = repo.root / ".git" / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-commit"):
        (hooks / name).symlink_to(trap)
    repo.write({".gitattributes": "*.py diff=py\n", "a.py": "x = 2\n"})
    assert paths(look(repo, tmp_path)[0]) == [".gitattributes", "a.py"]
    assert not (tmp_path / "sprung").exists()
