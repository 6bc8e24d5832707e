"""How init writes: new files only, all of them or none, and nowhere outside."""

import os
from pathlib import Path

import pytest

from guardrails.cli.init_files import Planned, planned, replace, require_writable, write
from guardrails.errors import UsageError


def test_what_is_new_is_written_with_its_directories(tmp_path: Path) -> None:
    assert write(tmp_path, [planned(tmp_path, "a/b/c.txt", "x")]) == ("a/b/c.txt",)
    assert (tmp_path / "a/b/c.txt").read_text() == "x"


@pytest.mark.parametrize(("there", "kept", "hint"), [("x", "as it would be written", ""), ("y", "it exists", "do")])
def test_what_is_there_is_left_alone(tmp_path: Path, there: str, kept: str, hint: str) -> None:
    (tmp_path / "a").write_text(there)
    file = planned(tmp_path, "a", "x", "do")
    assert (file.kept, file.hint) == (kept, hint)
    assert write(tmp_path, [file]) == ()
    assert (tmp_path / "a").read_text() == there


def test_a_dangling_link_is_there_too(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    assert planned(tmp_path, "a", "x").kept == "it exists"


def test_where_one_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UsageError, match="Nothing was left behind"):
        write(tmp_path, [Planned("new/a", "x"), Planned("b", "y")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    assert (tmp_path / "b").read_text() == "mine"


def test_a_file_on_the_way_and_a_link_that_leads_out_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="is not a directory"):
        planned(root, "file/a", "x")
    with pytest.raises(UsageError, match="leads out"):
        planned(root, "link/a", "x")


def test_a_record_is_replaced_whole_and_a_link_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    replace(tmp_path, "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    (tmp_path / "l").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="symbolic link"):
        replace(tmp_path, "l", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "l"]


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="cannot be written"):
        require_writable(tmp_path)
