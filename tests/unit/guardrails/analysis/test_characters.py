"""What deceives is seen; writing that needs joiners, accents or mathematics is left alone."""

import pytest

from guardrails.analysis.characters import Suspicion, confusable, identifiers, is_code, suspects


@pytest.mark.parametrize(
    ("line", "suspicion"),
    [
        ("if admin: # \u202e", Suspicion.BIDI),
        ("a\u2066b", Suspicion.BIDI),
        ("ra\u200bnk", Suspicion.INVISIBLE),
        ("x\u200dy", Suspicion.INVISIBLE),
        ("a\ufe0f\ufe0f", Suspicion.INVISIBLE),
        ("\u3164 = 1", Suspicion.INVISIBLE),
        ("tag \U000e0041", Suspicion.INVISIBLE),
        ("\x1b[2K", Suspicion.CONTROL),
        ("a\rb", Suspicion.CONTROL),
        ("a\u2028b", Suspicion.CONTROL),
    ],
)
def test_what_deceives_is_seen(line: str, suspicion: Suspicion) -> None:
    assert [s.suspicion for s in suspects(line)] == [suspicion] * len(list(suspects(line)))
    assert list(suspects(line))


@pytest.mark.parametrize(
    "line",
    ["plain\tcode", "naïve Größe", "⚠️ careful", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "می‌خواهم", "क्‍ष", "π ≈ 3", "日本語"],
)
def test_honest_writing_is_left_alone(line: str) -> None:
    assert list(suspects(line)) == []


def test_a_suspect_says_what_and_where() -> None:
    (found,) = suspects("ab\u200b")
    assert (found.column, found.name) == (3, "U+200B ZERO WIDTH SPACE")


@pytest.mark.parametrize(
    ("word", "twin"),
    [
        ("r\u0430nk", "rank"),
        ("\u0435val", "eval"),
        ("\U0001d5f2val", "eval"),
        ("\u0440\u0440", "pp"),
        ("\u043f\u0430", None),
    ],
)
def test_an_identifier_that_passes_itself_off(word: str, twin: str | None) -> None:
    assert confusable(word, ["pp"]) == twin


@pytest.mark.parametrize("word", ["rank", "naïve", "Δx", "\u03c3_max", "сумма", "größe", "\u03c1", "μ_hat"])
def test_an_honest_identifier_is_none(word: str) -> None:
    assert confusable(word) is None


def test_identifiers_leave_out_strings_and_comments_and_bear_what_does_not_parse() -> None:
    assert list(identifiers("s = 'é'  # é\nné = 1\n")) == [(2, "né")]
    assert list(identifiers("é = (")) == [(1, "é")]


def test_code_is_known_by_name() -> None:
    assert is_code("a/Makefile")
    assert is_code("b.toml")
    assert not is_code("README.md")
