"""What a reviewer sees of a change, from two trees."""

from pathlib import Path

from guardrails.analysis.difference import describe
from guardrails.analysis.difference.hunks import CONTEXT, MOST_LINES, shown_hunks, with_moves
from guardrails.analysis.difference.withheld import HIDDEN
from guardrails.model.change import Hunk
from guardrails.model.difference import Excerpt, Role, ShownHunk, Swap
from tests.difference_samples import PATTERNS, difference_of
from tests.judge_fakes import bench_of, link
from tests.verdict_samples import finding


def numbered(count: int, start: int = 1) -> list[str]:
    return [f"line {n}" for n in range(start, start + count)]


def told(hunk: ShownHunk) -> list[str]:
    return [f"{line.sign}{line.head if line.head is not None else line.base} {line.text}" for line in hunk.lines]


def test_a_hunk_stands_among_its_neighbours_with_the_numbers_of_both_sides() -> None:
    base = numbered(12)
    head = [*base[:5], "new a", "new b", *base[6:]]
    (hunk,) = shown_hunks([Hunk(6, 1, 6, 2)], base, head)
    assert told(hunk) == [
        *(f" {n} line {n}" for n in (3, 4, 5)),
        *("-6 line 6", "+6 new a", "+7 new b"),
        *(f" {n + 1} line {n}" for n in (7, 8, 9)),
    ]
    assert [(line.base, line.head) for line in hunk.lines[-1:]] == [(9, 10)]


def test_lines_that_are_only_taken_out_or_only_put_in_stand_where_git_says() -> None:
    base = numbered(6)
    (gone,) = shown_hunks([Hunk(3, 2, 2, 0)], base, [*base[:2], *base[4:]])
    assert told(gone) == [" 1 line 1", " 2 line 2", "-3 line 3", "-4 line 4", " 3 line 5", " 4 line 6"]
    assert [(line.base, line.head) for line in gone.lines[-1:]] == [(6, 4)]
    (new,) = shown_hunks([Hunk(2, 0, 3, 1)], base, [*base[:2], "new", *base[2:]])
    assert told(new)[:4] == [" 1 line 1", " 2 line 2", "+3 new", " 4 line 3"]


def test_hunks_whose_neighbours_meet_are_one_and_others_are_apart() -> None:
    base = numbered(40)
    head = list(base)
    head[4], head[10], head[30] = "a", "b", "c"
    together, apart = shown_hunks([Hunk(5, 1, 5, 1), Hunk(11, 1, 11, 1), Hunk(31, 1, 31, 1)], base, head)
    assert [line.text for line in together.lines if line.sign == "+"] == ["a", "b"]
    assert len(apart.lines) == 2 * CONTEXT + 2


def test_a_long_hunk_is_cut_and_shows_both_sides() -> None:
    base, head = numbered(300), numbered(300, 1000)
    (hunk,) = shown_hunks([Hunk(1, 300, 1, 300)], base, head)
    assert hunk.left_out == 600 - MOST_LINES
    assert {line.sign for line in hunk.lines} == {"+", "-"}


def test_what_was_moved_is_known_even_where_it_was_indented_and_what_was_rewritten_is_not() -> None:
    body = [f"step_{n}(value)" for n in range(6)]
    gone = shown_hunks([Hunk(1, 6, 0, 0)], body, [])
    new = shown_hunks([Hunk(0, 0, 1, 6)], [], [f"    {line}" for line in body])
    other = shown_hunks([Hunk(0, 0, 1, 6)], [], [f"other_{n}()" for n in range(6)])
    marked = with_moves([gone, new, other])
    assert [hunks[0].is_moved for hunks in marked] == [True, True, False]
    altered = shown_hunks([Hunk(0, 0, 1, 7)], [], [*body, "and_now_this()"])
    assert not with_moves([gone, altered])[1][0].is_moved


def test_files_stand_in_the_order_of_risk(tmp_path: Path) -> None:
    base = {
        "shop/core.py": "x = 1\n",
        "shop/edge.py": "y = 1\n",
        "shop/a.py": "from shop.core import x\n",
        "shop/b.py": "from shop import core\n",
        "tests/test_a.py": "def test_a(): assert 1\n",
        "guardrails.toml": "schema = 1\n",
        "notes.md": "a\n",
        "some.lock": "a\n",
    }
    head = {path: f"{text}# more\n" if path not in ("shop/a.py", "shop/b.py") else text for path, text in base.items()}
    files = difference_of(tmp_path, base, head).files
    assert [file.path for file in files] == [
        "guardrails.toml", "shop/core.py", "shop/edge.py", "tests/test_a.py", "notes.md", "some.lock",
    ]  # fmt: skip
    assert [file.role for file in files][:4] == [Role.PROTECTED, Role.PRODUCT, Role.PRODUCT, Role.JUDGE]
    assert files[1].importers == 2
    assert files[2].importers == 0


def test_a_file_without_lines_says_why(tmp_path: Path) -> None:
    head = {"blob.bin": b"\0\1\2", "way": link("/etc/passwd"), "empty.py": ""}
    silences = {
        file.path: file.silence for file in difference_of(tmp_path, {"kept.py": ""}, head | {"kept.py": ""}).files
    }
    assert silences == {"blob.bin": "A binary file.", "way": "A symbolic link.", "empty.py": "It is empty."}


def excerpt_of(tmp_path: Path, base: list[str], head: list[str], line: int) -> Excerpt:
    text = {"shop/a.py": "\n".join(base) + "\n"}, {"shop/a.py": "\n".join(head) + "\n"}
    found = finding(path="shop/a.py", line=line)
    return difference_of(tmp_path, *text, [found]).excerpts[found.place]


def test_a_finding_shows_its_line_in_the_change(tmp_path: Path) -> None:
    base = numbered(20)
    head = [*base[:9], "wrong", *base[10:]]
    excerpt = excerpt_of(tmp_path, base, head, 10)
    marked = excerpt.lines[excerpt.marked]
    assert (marked.text, marked.head, marked.sign, excerpt.in_change) == ("wrong", 10, "+", True)


def test_a_line_deep_in_a_new_file_and_one_that_the_change_does_not_touch(tmp_path: Path) -> None:
    deep = excerpt_of(tmp_path, ["x"], ["x", *numbered(500)], 400)
    assert deep.lines[deep.marked].text == "line 399"
    assert deep.in_change
    far = excerpt_of(tmp_path, numbered(100), ["changed", *numbered(99, 2)], 80)
    assert far.lines[far.marked].text == "line 80"
    assert not far.in_change
    replaced = excerpt_of(tmp_path, numbered(100), numbered(100, 500), 2)
    assert replaced.lines[replaced.marked].text == "line 501"
    assert replaced.in_change


def test_a_line_of_a_deleted_file_is_the_bases(tmp_path: Path) -> None:
    found = finding(path="shop/a.py", line=3)
    base = {"shop/a.py": "\n".join(numbered(9)) + "\n", "kept.py": ""}
    excerpt = difference_of(tmp_path, base, {"kept.py": ""}, [found]).excerpts["shop/a.py:3"]
    assert excerpt.lines[excerpt.marked].text == "line 3"


def test_a_place_that_is_not_there_has_no_excerpt(tmp_path: Path) -> None:
    wrong = [finding(path="shop/a.py", line=99), finding(path="none.py", line=1), finding(path=None, line=None)]
    assert difference_of(tmp_path, {"shop/a.py": "a\n"}, {"shop/a.py": "b\n"}, wrong).excerpts == {}


def test_tests_that_came_went_and_moved(tmp_path: Path) -> None:
    base = {"tests/a.py": "def test_gone(): ...\ndef test_moved(): ...\ndef test_kept(): ...\n", "tests/b.py": ""}
    head = {
        "tests/a.py": "def test_kept(): ...\n",
        "tests/b.py": "class TestX:\n    async def test_moved(self): ...\n    def test_new(self): ...\n",
    }
    assert difference_of(tmp_path, base, head).tests == (
        Swap("test_gone", "tests/a.py", ""),
        Swap("test_new", "", "tests/b.py"),
        Swap("test_moved", "tests/a.py", "tests/b.py"),
    )


def test_dependencies_by_name_and_version(tmp_path: Path) -> None:
    base = {
        "requirements.lock": "numpy==2.0 \\\n    --hash=sha256:0\nold_one==1\n",
        "pyproject.toml": '[project]\ndependencies = ["ruff>=0.14", "httpx"]\n',
    }
    head = {
        "requirements.lock": "numpy==2.1 \\\n    --hash=sha256:1\n",
        "pyproject.toml": '[project]\ndependencies = ["ruff>=0.10"]\n'
        'optional-dependencies = {a = ["httpx", "x[y]>1"]}\n',
    }
    found = {(s.name, s.before, s.after) for s in difference_of(tmp_path, base, head).dependencies}
    assert found == {
        ("numpy", "== 2.0", "== 2.1"),
        ("old-one", "== 1", ""),
        ("ruff", ">=0.14", ">=0.10"),
        ("x", "", ">1"),
    }
    broken = difference_of(tmp_path, {"pyproject.toml": "["}, {"pyproject.toml": "project = 3\n"})
    assert broken.dependencies == ()


def test_of_two_files_alike_the_one_that_changes_often_comes_first(tmp_path: Path) -> None:
    base = {"shop/a.py": "x = 1\n", "shop/b.py": "x = 1\n", "shop/c.py": "x = 1\n"}
    bench = bench_of(tmp_path, base=base, head=dict.fromkeys(base, "x = 2\n"))
    churn = {"shop/b.py": 3, "shop/c.py": 9}
    seen = describe(bench.change, bench.trees.base, bench.trees.head, PATTERNS, (), churn)
    assert [(file.path, file.churn) for file in seen.files] == [("shop/c.py", 9), ("shop/b.py", 3), ("shop/a.py", 0)]


def test_imports_between_packages_that_are_new_and_gone(tmp_path: Path) -> None:
    tree = {
        "shop/low/__init__.py": "",
        "shop/low/a.py": "",
        "shop/high/b.py": "from shop.low import a\n",
        "shop/top/c.py": "",
    }
    head = tree | {"shop/high/b.py": "", "shop/low/a.py": "from ..top import (\n    c,\n)\n"}
    edges = difference_of(tmp_path, tree, head).edges
    assert [(edge.name, edge.after or edge.before, edge.where) for edge in edges] == [
        ("shop.low → shop.top", "new", "shop/low/a.py"),
        ("shop.high → shop.low", "gone", "shop/high/b.py"),
    ]


def test_a_large_change_is_bounded(tmp_path: Path) -> None:
    head = {f"shop/m{n:03}.py": "\n".join(numbered(40)) + "\n" for n in range(430)}
    seen = difference_of(tmp_path, {"kept.py": ""}, head | {"kept.py": ""})
    assert (len(seen.files), seen.files_left_out) == (400, 30)
    assert sum(len(hunk.lines) for file in seen.files for hunk in file.hunks) < 6200
    assert seen.files[-1].silence == "Its lines are left out: the page is full."


def test_what_looks_like_a_credential_is_not_carried_further(tmp_path: Path) -> None:
    base = {"shop/a.py": "x = 1\n", "deploy/key.pem": "none\n", "kept.py": ""}
    head = {"shop/a.py": "x = 1\nTOKEN = 'hunter2'\ny = 2\n", "deploy/key.pem": "BEGIN\nhunter2\n", "kept.py": ""}
    found = [
        finding("a token", rule="secrets/token", path="shop/a.py", line=2),
        finding("a key", rule="secrets/private-key", path="deploy/key.pem", line=1),
        finding("beside it", rule="lint/violation", path="shop/a.py", line=3),
    ]
    seen = difference_of(tmp_path, base, head, found)
    assert "hunter2" not in repr(seen)
    files = {file.path: file for file in seen.files}
    assert [line.text for line in files["shop/a.py"].hunks[0].lines] == ["x = 1", HIDDEN, "y = 2"]
    assert files["deploy/key.pem"].silence == "Its lines are not shown: it holds a credential."
    assert set(seen.excerpts) == {"shop/a.py:2", "shop/a.py:3"}
    assert "hunter2" in repr(difference_of(tmp_path, base, head, found[2:]))
