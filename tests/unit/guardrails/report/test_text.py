import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from guardrails.model.verdict import Verdict
from guardrails.report import text
from guardrails.report.printable import visible
from tests.verdict_samples import bad, broken, deciding, finding, gate, of, passing, unselected, verdicts

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@settings(max_examples=25)
@given(verdicts(), st.integers(20, 130))
def test_no_foreign_text_drives_the_terminal_or_leaves_the_width(verdict: Verdict, width: int) -> None:
    for line in text.render(verdict, width=width).split("\n"):
        assert all(visible(character) for character in line)
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)
        broken_command = ": :" in line or "## " in line
        if not line.lstrip().startswith("$ ") and not broken_command:
            assert cell_len(line) <= max(width, text.MIN_WIDTH)


@settings(max_examples=10)
@given(verdicts())
def test_colour_changes_nothing_but_the_colour(verdict: Verdict) -> None:
    stripped = COLOUR.sub("", text.render(verdict, color=True))
    assert [line.rstrip() for line in stripped.split("\n")] == text.render(verdict).split("\n")


@pytest.mark.parametrize("make", [passing, deciding, bad, broken])
def test_the_first_line_is_the_verdict_in_words(make: Callable[[], Verdict]) -> None:
    verdict = make()
    assert text.render(verdict).startswith(f"{verdict.kind.value.upper()}: ")


def test_a_finding_shows_its_place_reason_fix_and_command() -> None:
    shown = text.render(of(gate("tampering", finding())))
    assert "    tests/test_rank.py:12  test_top_k in tests/test_rank.py is now skipped\n" in shown
    assert "    why  A test that does not run cannot fail.\n" in shown
    assert "    fix  Take the skip away" in shown
    assert "      $ git diff main...faster-ranking -- tests/test_rank.py\n" in shown


def test_a_command_is_never_broken() -> None:
    command = "python -m pytest " + " ".join(f"tests/test_{n}.py" for n in range(30))
    assert f"$ {command}\n" in text.render(of(gate("tests", finding(reproduce=command))), width=60)


def test_a_pass_is_short_and_says_what_was_not_checked() -> None:
    shown = text.render(passing())
    assert len(shown.splitlines()) < 30
    assert "Not checked\n  load  load is not part of the fast profile (not-in-profile).\n" in shown
    assert "Must be fixed" not in shown


def test_many_findings_of_one_rule_are_counted_rather_than_listed() -> None:
    shown = text.render(of(gate("lint", *[finding(f"thing {n:03}") for n in range(200)])))
    assert "thing 009" in shown
    assert "thing 010" not in shown
    assert "... and 190 more of this rule" in shown


def test_findings_come_before_the_gates_and_worst_first() -> None:
    shown = text.render(bad())
    order = ["Must be fixed (4)", "A person must decide (1)", "Worth knowing (1)", "\nGates\n", "\nNot checked\n"]
    assert [shown.index(title) for title in order] == sorted(shown.index(title) for title in order)


def test_markup_of_the_table_library_stays_text() -> None:
    mark = "[red]x[/red] [/] :smile:"
    found = finding(mark, rule=mark, path=mark, why=mark, fix=mark, reproduce=mark)
    shown = text.render(of(gate(mark, found, notes=(mark,)), unselected(mark), notes=(mark,), version=mark))
    assert shown.count(mark) == 15


def test_a_long_word_is_folded_and_no_letter_of_it_lost() -> None:
    why, fix = "w" * 300, "f" * 300
    shown = text.render(of(gate("lint", finding("x" * 300, why=why, fix=fix)), unselected("y" * 300)), width=60)
    for word, times in ((why, 1), (fix, 1), ("x" * 300, 1), ("y" * 300, 2)):
        assert shown.count(word[0]) >= len(word) * times


def test_a_command_that_all_findings_of_a_rule_share_is_shown_once() -> None:
    same = text.render(of(gate("lint", finding("a", reproduce="ruff check"), finding("b", reproduce="ruff check"))))
    other = text.render(
        of(gate("lint", finding("a", reproduce="ruff check a"), finding("b", reproduce="ruff check b")))
    )
    assert same.count("$ ruff check") == 1
    assert other.count("$ ruff check") == 2
