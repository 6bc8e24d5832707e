import unicodedata

import pytest
from hypothesis import given, settings

from guardrails.report.printable import printable, printable_block, printable_lines, shorten, without_commands
from tests.verdict_samples import texts


@settings(max_examples=50)
@given(texts())
def test_a_printable_text_is_one_line_of_visible_characters(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    assert shown.encode("utf-8").decode("utf-8") == shown


@settings(max_examples=50)
@given(texts())
def test_printing_twice_changes_nothing(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@settings(max_examples=50)
@given(texts())
def test_a_block_has_no_more_lines_and_characters_than_it_may(text: str) -> None:
    block = printable_block(text, most_lines=3, most_characters=50)
    assert len(block.split("\n")) <= 4
    assert all(printable(line) == line for line in block.split("\n"))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("日本語 Ωé", "日本語 Ωé"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\u3164\ufe0f\U000e0100", r"\u3164\ufe0f\U000e0100"),
        ("\udc80", r"\udc80"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("a\u00a0b", r"a\xa0b"),
    ],
)
def test_what_cannot_be_seen_is_written_as_its_escape(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_lines_end_at_line_feeds_only() -> None:
    assert printable_lines("a\r\nb\tc\rd\u2028e \n") == ["a", r"b    c\rd\u2028e", ""]


def test_a_cut_is_said() -> None:
    assert shorten("abcdef", 3) == "abc... (3 more characters)"
    assert shorten("abc", 3) == "abc"
    assert printable_block("a\nb\nc", most_lines=2) == "a\nb\n... (1 more line)"
    assert printable_block("a\nb\nc\nd", most_lines=2) == "a\nb\n... (2 more lines)"


def test_a_log_finds_no_command() -> None:
    text = "::error::x\n   ::stop-commands::t\na ::b ##[group]c ##vso[task]d # ## [x]"
    assert without_commands(text) == ": :error::x\n   : :stop-commands::t\na ::b ## [group]c ## vso[task]d # ## [x]"
