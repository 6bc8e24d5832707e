"""The difference of two trees, whatever the files are called and whatever the change says of them."""

import os
from pathlib import Path

import pytest

from guardrails.adapters.diff import _Entry, _with_hunks, difference
from guardrails.adapters.git import open_repository
from guardrails.adapters.objects import private_objects
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE, ChangeKind, FileChange, Hunk
from tests.git_repositories import Repo, new_repo

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def files_of(repo: Repo, tmp_path: Path) -> dict[str, FileChange]:
    """What the last commit changed, by path."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    objects = private_objects(open_repository(repo.root), scratch)
    trees = [repo.git("rev-parse", f"{ref}^{{tree}}") for ref in ("HEAD^", "HEAD")]
    found = difference(objects.repository, objects.directory, objects.empty, *trees)
    assert [file.path for file in found] == sorted(file.path for file in found)
    return {file.path: file for file in found}


def test_added_modified_and_deleted_files_with_their_lines_and_hunks(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"ten.txt": TEN, "gone.txt": "1\n2\n"})
    changed = TEN.replace("line 2\n", "two\n").replace("line 7\n", "").replace("line 9\n", "line 9\nmore\n")
    repo.commit({"ten.txt": changed, "gone.txt": None, "new.txt": "a\nb\nc"})
    files = files_of(repo, tmp_path)
    assert files["ten.txt"].kind is ChangeKind.MODIFIED
    assert (files["ten.txt"].added, files["ten.txt"].removed) == (2, 2)
    assert files["ten.txt"].hunks == (Hunk(2, 1, 2, 1), Hunk(7, 1, 6, 0), Hunk(9, 0, 9, 1))
    assert files["gone.txt"] == FileChange(
        "gone.txt", ChangeKind.DELETED, base_mode=0o100644, removed=2, hunks=(Hunk(1, 2, 0, 0),)
    )
    assert files["new.txt"] == FileChange(
        "new.txt", ChangeKind.ADDED, head_mode=0o100644, added=3, hunks=(Hunk(0, 0, 1, 3),)
    )


def test_a_rename_keeps_both_paths_and_only_the_lines_that_differ(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"old.txt": TEN, "same.txt": TEN * 3})
    repo.commit({"old.txt": None, "deep/new.txt": TEN + "more\n", "same.txt": None, "moved.txt": TEN * 3})
    files = files_of(repo, tmp_path)
    assert (files["deep/new.txt"].kind, files["deep/new.txt"].old_path) == (ChangeKind.RENAMED, "old.txt")
    assert (files["deep/new.txt"].added, files["deep/new.txt"].hunks) == (1, (Hunk(10, 0, 11, 1),))
    assert (files["moved.txt"].old_path, files["moved.txt"].hunks) == ("same.txt", ())


@pytest.mark.parametrize(
    "name", ["with space.py", "naïve.py", "tab\there.py", "line\nbreak.py", '"quoted".py', "back\\slash.py", " lead.py"]
)
def test_any_name_that_git_can_hold(tmp_path: Path, name: str) -> None:
    repo = new_repo(tmp_path / "repo", {name: "1\n"})
    repo.commit({name: "2\n", f"new {name}": "3\n"})
    files = files_of(repo, tmp_path)
    assert set(files) == {name, f"new {name}"}
    assert files[name].hunks == (Hunk(1, 1, 1, 1),)


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo")
    (repo.root / os.fsdecode(b"\xff.py")).write_text("1\n")
    repo.commit()
    assert set(files_of(repo, tmp_path)) == {os.fsdecode(b"\xff.py")}


def test_modes_types_links_submodules_and_binaries(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"run.sh": "#!/bin/sh\n", "turns.txt": "1\n2\n", "b.bin": b"\0\1"})
    (repo.root / "run.sh").chmod(0o755)
    (repo.root / "turns.txt").unlink()
    (repo.root / "turns.txt").symlink_to("a.py")
    (repo.root / "link").symlink_to("/etc/passwd")
    other = new_repo(repo.root / "sub")
    repo.commit({"b.bin": b"\0\2\3"})
    files = files_of(repo, tmp_path)
    assert (files["run.sh"].base_mode, files["run.sh"].head_mode) == (0o100644, 0o100755)
    assert (files["run.sh"].changed_lines, files["run.sh"].hunks) == (0, ())
    assert (files["turns.txt"].kind, files["turns.txt"].head_mode) == (ChangeKind.MODIFIED, SYMLINK_MODE)
    assert len(files["turns.txt"].hunks) == 2
    assert files["link"].head_mode == SYMLINK_MODE
    assert files["sub"].head_mode == SUBMODULE_MODE
    assert files["b.bin"].binary
    assert files["b.bin"].changed_lines == 0
    assert other.root.is_dir()


def test_attributes_in_the_change_do_not_hide_its_lines(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {".gitattributes": "*.py binary\n"})
    repo.commit({".gitattributes": "*.py -diff\n* export-ignore\n", "a.py": "x = 2\n"})
    file = files_of(repo, tmp_path)["a.py"]
    assert (file.binary, file.added, file.hunks) == (False, 1, (Hunk(1, 1, 1, 1),))


def test_content_that_looks_like_a_patch_is_not_taken_for_one(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"p.txt": "1\n"})
    repo.commit({"p.txt": "diff --git a/x b/x\n@@ -1 +1 @@\n-- a/x\n++ b/x\n", "q.txt": "@@ -5,5 +5,5 @@\n"})
    files = files_of(repo, tmp_path)
    assert files["p.txt"].hunks == (Hunk(1, 1, 1, 4),)
    assert files["q.txt"].hunks == (Hunk(0, 0, 1, 1),)


def test_a_file_that_is_empty_or_has_no_last_line_feed(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", {"end.txt": "1\n2"})
    repo.commit({"empty.txt": "", "end.txt": "1\n2\n"})
    files = files_of(repo, tmp_path)
    assert (files["empty.txt"].kind, files["empty.txt"].hunks) == (ChangeKind.ADDED, ())
    assert files["end.txt"].hunks == (Hunk(2, 1, 2, 1),)


def test_the_hunks_say_how_many_lines_change() -> None:
    """Git's count is of the patch with context, and now and then another than that of the patch without."""
    counted = _Entry(FileChange("a.py", ChangeKind.MODIFIED, added=5, removed=4), patches=1)
    (file,) = _with_hunks([counted], iter([(Hunk(1, 2, 1, 3), Hunk(9, 1, 10, 1))]))
    assert (file.added, file.removed) == (4, 3)
    binary = _Entry(FileChange("a.png", ChangeKind.MODIFIED, binary=True, added=0, removed=0), patches=1)
    assert list(_with_hunks([binary], iter([()]))) == [binary.file]
