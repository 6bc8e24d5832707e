"""The fakes number hunks, follow renames and build the trial tree as the real adapters must."""

from pathlib import Path

from guardrails.model.change import ChangeKind, Hunk
from tests.judge_fakes import bench_of, link


def test_hunks_are_numbered_like_git_without_context(tmp_path: Path) -> None:
    change = bench_of(tmp_path, {"a.py": "1\n2\n3\n"}, {"a.py": "1\n3\n4\n5\n"}).change
    assert change.files[0].hunks == (Hunk(2, 1, 1, 0), Hunk(3, 0, 3, 2))
    assert (change.files[0].added, change.files[0].removed) == (2, 1)


def test_a_rename_is_followed(tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(20))
    change = bench_of(tmp_path, {"a.py": text}, {"a.py": None, "b.py": text + "more\n"}).change
    assert [(f.kind, f.path, f.old_path) for f in change.files] == [(ChangeKind.RENAMED, "b.py", "a.py")]


def test_the_trial_tree_has_the_base_judges_and_the_head_product(tmp_path: Path) -> None:
    bench = bench_of(
        tmp_path,
        {"shop.py": "old", "tests/test_shop.py": "strict", "tests/test_gone.py": "gone"},
        {"shop.py": "new", "tests/test_shop.py": "loose", "tests/test_gone.py": None, "tests/test_new.py": "new"},
    )
    trial = bench.trees.trial
    assert list(trial.paths()) == ["shop.py", "tests/test_gone.py", "tests/test_shop.py"]
    assert trial.read("shop.py") == b"new"
    assert (trial.root / "tests/test_shop.py").read_text() == "strict"


def test_the_trial_tree_is_the_head_where_no_judge_changed(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"shop.py": "old", "tests/test_shop.py": "t"}, {"shop.py": "new"})
    assert bench.trees.trial is bench.trees.head


def test_a_link_has_a_target_and_no_content(tmp_path: Path) -> None:
    head = bench_of(tmp_path, {"a": "x"}, {"l": link("../a")}).trees.head
    assert head.link("l") == "../a"
    assert head.read("l") is None
    assert head.link("a") is None
