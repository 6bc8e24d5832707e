"""detect-secrets as a scanner: what it sees, on which line, and that it is an error where it is missing."""

import sys
from collections.abc import Iterator

import pytest

from guardrails.adapters import secret_scanner
from guardrails.adapters.secret_scanner import DetectSecrets
from guardrails.errors import ToolMissingError

AWS = "AKIA" + "QW3RT7Y9UP2ASD5F"
WORD = "hT7" + "kQ9vLm2x"


@pytest.fixture
def fresh() -> Iterator[None]:
    """The library as if nobody had imported it yet."""
    secret_scanner._library.cache_clear()
    yield
    secret_scanner._library.cache_clear()


def seen(path: str, *lines: str) -> list[tuple[int, str]]:
    return [(hit.line, hit.family) for hit in DetectSecrets().scan(path, list(enumerate(lines, 1)))]


def test_each_family_is_seen_on_its_line() -> None:
    lines = (
        "x = 1",
        f'A = "{AWS}"',
        f"PASSWORD = '{WORD}'",
        f"redis://a:{WORD}@b.c/1",
        "-----BEGIN " + "PRIVATE KEY-----",
    )
    assert seen("a.py", *lines) == [(2, "token"), (3, "word"), (4, "address"), (5, "private key")]


def test_a_value_is_told_once_by_the_surest_family() -> None:
    hits = DetectSecrets().scan("a.py", [(1, f'secret = "{AWS}"')])
    assert [(hit.family, hit.value) for hit in hits] == [("token", AWS)]


def test_a_token_in_a_longer_word_is_none() -> None:
    assert seen("a.lock", f"hash = {AWS}AB", f"x{AWS}") == []


def test_the_numbers_are_those_of_the_lines() -> None:
    hits = DetectSecrets().scan("a.py", [(7, "x"), (90, f'"{AWS}"')])
    assert [hit.line for hit in hits] == [90]


def test_the_end_of_a_long_line_is_seen() -> None:
    assert seen("a.py", "x" * 1990 + f' "{AWS}" ' + "y " * 3000 + f'password = "{WORD}"') == [(1, "token"), (1, "word")]


@pytest.mark.usefixtures("fresh")
def test_a_missing_library_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "detect_secrets.plugins.keyword", None)
    with pytest.raises(ToolMissingError, match=r"Install detect-secrets 1\.5"):
        DetectSecrets().scan("a.py", [])


@pytest.mark.usefixtures("fresh")
def test_a_release_without_a_detector_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_scanner, "_DETECTORS", ("aws.AWSKeyDetector", "gone.GoneDetector"))
    with pytest.raises(ToolMissingError, match="has no GoneDetector"):
        DetectSecrets().scan("a.py", [])
