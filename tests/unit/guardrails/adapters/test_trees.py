"""The exported trees: byte for byte what git holds, never stale, never touched; and what the trial tree is made of."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from guardrails.adapters.export import MANIFEST
from guardrails.adapters.git import open_repository
from guardrails.adapters.objects import Objects, TreeEntry, private_objects
from guardrails.adapters.store import DirectoryStore
from guardrails.adapters.trees import Exporter, GitTree, trial_entries
from guardrails.errors import RepositoryError
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE
from tests.git_repositories import Repo, new_repo


@dataclass
class Place:
    """A repository, a cache, and what exports from one to the other."""

    repo: Repo
    objects: Objects
    store: DirectoryStore

    def export(self, ref: str = "HEAD") -> GitTree:
        """Export with nothing remembered from the last time."""
        return Exporter(self.objects, self.store).export(self.repo.git("rev-parse", f"{ref}^{{tree}}"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A repository and a cache."""
    repo = new_repo(tmp_path / "repo")
    with DirectoryStore(tmp_path / "cache") as store, store.scratch() as scratch:
        yield Place(repo, private_objects(open_repository(repo.root), scratch), store)


def test_every_kind_of_entry_is_written_and_read(place: Place) -> None:
    (place.repo.root / "run.sh").write_text("#!/bin/sh\n")
    (place.repo.root / "run.sh").chmod(0o755)
    (place.repo.root / "link").symlink_to("a.py")
    new_repo(place.repo.root / "sub")
    place.repo.commit({"deep/er/naïve file.py": "1\n", "b.bin": bytes(range(256)), "crlf.txt": "1\r\n"})
    tree = place.export()
    assert tree.paths() == ("a.py", "b.bin", "crlf.txt", "deep/er/naïve file.py", "link", "run.sh", "sub")
    assert tree.read("deep/er/naïve file.py") == b"1\n"
    assert tree.read("b.bin") == bytes(range(256))
    assert os.access(tree.root / "run.sh", os.X_OK)
    assert not os.access(tree.root / "a.py", os.X_OK)
    assert (tree.root / "sub").is_dir()
    assert [tree.read(path) for path in ("link", "sub", "deep", "absent", "../../manifest")] == [None] * 5
    assert (tree.link("link"), tree.link("a.py"), tree.link("absent")) == ("a.py", None, None)


def test_attributes_change_no_byte_and_leave_no_file_out(place: Place) -> None:
    place.repo.git("config", "core.autocrlf", "true")
    place.repo.git("config", "filter.shout.smudge", "tr a-z A-Z")
    attributes = "*.txt text eol=crlf\nid.py ident\n*.py export-ignore\nloud.md filter=shout\n"
    place.repo.commit({".gitattributes": attributes, "t.txt": "1\n", "id.py": "# $Id$\n", "loud.md": "quiet\n"})
    tree = place.export()
    assert [tree.read(path) for path in ("t.txt", "id.py", "loud.md")] == [b"1\n", b"# $Id$\n", b"quiet\n"]


def test_equal_content_has_an_equal_digest_over_any_selection(place: Place) -> None:
    place.repo.commit({"src/x.py": "1\n", "docs/y.md": "1\n"})
    before = place.export()
    place.repo.commit({"docs/y.md": "2\n"})
    after = place.export()
    assert before.digest != after.digest
    assert before.digest_of(["src/**"]) == after.digest_of(["src/**"])
    assert before.digest_of(["**"]) != after.digest_of(["**"])
    (place.repo.root / "src/x.py").chmod(0o755)
    place.repo.commit()
    assert place.export().digest_of(["src/**"]) != after.digest_of(["src/**"])


def test_a_second_check_uses_the_same_export(place: Place) -> None:
    first = place.export()
    inode = (first.root / "a.py").stat().st_ino
    assert (place.export().root / "a.py").stat().st_ino == inode


@pytest.mark.parametrize("trespass", ["change", "add", "remove", "same size and time", "break the manifest"])
def test_an_export_that_was_written_into_is_never_used_again(place: Place, trespass: str) -> None:
    first = place.export()
    path = first.root / "a.py"
    match trespass:
        case "change":
            path.write_text("x = 1  # changed\n")
        case "add":
            (first.root / "sitecustomize.py").write_text("")
        case "remove":
            path.unlink()
        case "same size and time":
            time = path.stat().st_mtime_ns
            path.write_text("x = 9\n")
            os.utime(path, ns=(time, time))
        case _:
            (first.root.parent / MANIFEST).write_text("{")
    assert bool(first.changed()) is (trespass != "add")
    second = place.export()
    assert second.root != first.root
    assert second.changed() == []
    assert second.read("a.py") == b"x = 1\n"
    assert {path.name for path in second.root.iterdir()} == {"a.py"}


def test_the_time_of_a_file_is_made_of_its_content(place: Place) -> None:
    # mypy and Python take the same size and time for the same content.
    one = (place.export().root / "a.py").stat()
    place.repo.commit({"a.py": "x = 2\n"})
    two = (place.export().root / "a.py").stat()
    place.repo.commit({"a.py": "x = 1\n", "b.py": ""})
    again = (place.export().root / "a.py").stat()
    assert one.st_size == two.st_size
    assert int(one.st_mtime) != int(two.st_mtime)
    assert one.st_mtime == again.st_mtime


def entry(path: str, oid: str, mode: int = 0o100644) -> TreeEntry:
    return TreeEntry(mode, oid, path)


def test_the_trial_tree_is_the_heads_product_under_the_bases_judges() -> None:
    base = [entry("src/a.py", "1"), entry("tests/kept.py", "1"), entry("tests/gone.py", "1")]
    head = [
        entry("src/a.py", "2"),
        entry("src/new.py", "2"),
        entry("tests/kept.py", "2"),
        entry("tests/head_only.py", "2"),
    ]
    found = {e.path: e.oid for e in trial_entries(base, head, ["tests/**"])}
    assert found == {"src/a.py": "2", "src/new.py": "2", "tests/kept.py": "1", "tests/gone.py": "1"}


@pytest.mark.parametrize("mode", [0o100644, SYMLINK_MODE, SUBMODULE_MODE])
def test_where_a_judge_and_a_product_file_cannot_both_stand_the_judge_stays(mode: int) -> None:
    base = [entry("tests/a.py", "1"), entry("checks", "1")]
    head = [entry("tests", "2", mode), entry("checks/inner.txt", "2"), entry("src.py", "2")]
    found = {e.path: e.oid for e in trial_entries(base, head, ["tests/**", "checks"])}
    assert found == {"tests/a.py": "1", "checks": "1", "src.py": "2"}


def test_a_trial_tree_is_a_git_tree_and_the_head_itself_where_no_judge_changed(place: Place) -> None:
    base = place.repo.commit({"tests/t.py": "1\n"})
    place.repo.commit({"a.py": "x = 2\n"})
    exporter = Exporter(place.objects, place.store)
    trees = [exporter.export(place.repo.git("rev-parse", f"{ref}^{{tree}}")) for ref in (base, "HEAD")]
    assert exporter.trial(trees[0], trees[1], ["tests/**"]) is trees[1]
    place.repo.commit({"tests/t.py": "2\n"})
    tampered = exporter.export(place.repo.git("rev-parse", "HEAD^{tree}"))
    trial = exporter.trial(trees[0], tampered, ["tests/**"])
    assert trial.digest == trees[1].digest
    place.repo.commit({"b.py": ""})
    third = exporter.trial(trees[0], exporter.export(place.repo.git("rev-parse", "HEAD^{tree}")), ["tests/**"])
    assert third.read("tests/t.py") == b"1\n"
    assert third.read("b.py") == b""
    assert len(third.digest) == 40


@pytest.mark.parametrize("path", ["../out.py", "a/../../out.py", ".git/hooks/x", "a/.GIT/config", "/abs"])
def test_a_crafted_tree_cannot_write_outside_its_directory(place: Place, path: str) -> None:
    oid = place.repo.git("rev-parse", "HEAD:a.py")
    exporter = Exporter(place.objects, place.store)
    with pytest.raises(RepositoryError, match="which git itself refuses"):
        exporter._directory("crafted", [entry(path, oid)])


def test_a_missing_object_is_said_in_words(place: Place) -> None:
    exporter = Exporter(place.objects, place.store)
    with pytest.raises(RepositoryError, match=r"the object 1{40} of lost\.py is missing"):
        exporter._directory("lost", [entry("lost.py", "1" * 40)])


def test_two_paths_that_the_disk_cannot_tell_apart_are_said_in_words(place: Place) -> None:
    oid = place.repo.git("rev-parse", "HEAD:a.py")
    exporter = Exporter(place.objects, place.store)
    with pytest.raises(RepositoryError, match="cannot be written"):
        exporter._directory("twice", [entry("a.py", oid), entry("a.py", oid)])
