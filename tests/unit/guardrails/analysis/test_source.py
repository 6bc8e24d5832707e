"""Text is read as git and Python read it."""

from pathlib import Path

import pytest

from guardrails.analysis.source import Sources, added_lines, decoded, lines_of, parse_or_raise, parsed
from tests.judge_fakes import bench_of


def test_lines_end_at_line_feeds_only() -> None:
    assert lines_of("a\r\nb\x0cc\u2028d\n") == ["a", "b\x0cc\u2028d"]
    assert lines_of("") == []


def test_the_declared_encoding_counts() -> None:
    assert decoded(b"# -*- coding: latin-1 -*-\n\xe9") == "# -*- coding: latin-1 -*-\n\xe9"
    assert decoded(b"# coding: no-such-codec\nx") == "# coding: no-such-codec\nx"
    assert decoded(b"\xff") == "\ufffd"


@pytest.mark.parametrize("source", ["def f(:", "x\0", "(" * 5000])
def test_what_does_not_parse_is_a_syntax_error(source: str) -> None:
    assert parsed(source) is None
    with pytest.raises(SyntaxError):
        parse_or_raise(source)


def test_a_warning_of_the_parser_is_no_error() -> None:
    assert parsed("'\\d'") is not None


def test_added_lines_have_the_numbers_of_the_head(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a.py": "1\n2\n3\n"}, {"a.py": "1\nx\n3\ny\n"})
    assert list(added_lines(bench.change.files[0], Sources(bench.trees.head))) == [(2, "x"), (4, "y")]


def test_all_lines_of_a_file_called_binary_count_as_added(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a.py": "1\n"}, {"a.py": "1\n\0\n"})
    assert [number for number, _ in added_lines(bench.change.files[0], Sources(bench.trees.head))] == [1, 2]


def test_absent_files_are_empty(tmp_path: Path) -> None:
    sources = Sources(bench_of(tmp_path, {"a.py": "x = ("}, {}).trees.head)
    assert sources.text("b.py") is None
    assert sources.lines("b.py") == []
    assert sources.module("a.py") is None
