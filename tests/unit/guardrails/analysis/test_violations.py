"""A report is new only if the base has no such report."""

from guardrails.analysis.violations import LinesOf, Violation, fresh, relative


def report(line: int, code: str = "F401", path: str = "a.py", message: str = "unused") -> Violation:
    return Violation(code, path, line, message)


def lines(*texts: str) -> LinesOf:
    return lambda _path: texts


def test_a_moved_line_is_known_again() -> None:
    result = fresh([report(1)], [report(2)], lines("import os"), lines("", "import os"), {})
    assert (result.new, result.edited) == ((), 0)


def test_a_moved_file_is_known_again() -> None:
    result = fresh([report(1)], [report(1, path="b.py")], lines("import os"), lines("import os"), {"a.py": "b.py"})
    assert result.new == ()


def test_an_edited_line_is_old_debt_and_one_more_is_not() -> None:
    result = fresh([report(1)], [report(1), report(2)], lines("import os"), lines("import re", "import sys"), {})
    assert (len(result.new), result.edited) == (1, 1)


def test_another_rule_or_file_is_new() -> None:
    head = [report(1, code="F811"), report(1, path="b.py")]
    assert len(fresh([report(1)], head, lines("import os"), lines("import os"), {}).new) == 2


def test_code_that_moved_to_another_file_takes_its_debt_with_it() -> None:
    text = "import something_long"
    assert fresh([report(1)], [report(1, path="b.py")], lines(text), lines(text), {}).new == ()
    assert len(fresh([report(1)], [report(1), report(1, path="b.py")], lines(text), lines(text), {}).new) == 1


def test_another_shape_on_an_edited_line_is_new() -> None:
    old, new = [report(1, message="x")], [report(1, message="y")]
    assert fresh(old, new, lines("a"), lines("b"), {}, lambda v: v.message).new == (new[0],)
    assert fresh(old, new, lines("a"), lines("b"), {}).new == ()


def test_a_line_past_the_end_is_empty() -> None:
    assert fresh([report(9)], [report(0)], lines("x"), lines("y"), {}).new == ()


def test_names_of_tools_become_paths() -> None:
    paths = frozenset({"a/b.py", "c.py"})
    assert relative("/tree/a/b.py", "/tree/", paths) == "a/b.py"
    assert relative("/private/tree/a/b.py", "/tree", paths) == "a/b.py"
    assert relative("c.py", "/tree", paths) == "c.py"
    assert relative("/tree/other.py", "/tree", paths) == "other.py"
