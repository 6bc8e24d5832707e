"""Requests as JSON lines, strictly."""

import pytest

from guardrails.analysis.answers.requests import Asked, parse
from guardrails.errors import ConfigurationError
from guardrails.model.exchange import HttpRequest


def test_lines_are_requests_in_order() -> None:
    first, second = parse(
        '{"path": "/a?b=c"}\n\n{"method": "POST", "path": "/d", "body": {"user_id": "ü", "k": 5}}\n', "f"
    )
    assert first.request == HttpRequest("GET", "/a?b=c")
    assert second.request == HttpRequest("POST", "/d", '{"user_id":"ü","k":5}'.encode())
    assert second.words == 'POST /d {"user_id": "ü", "k": 5}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "is no object"),
        ('{"path": "/", "bdoy": 1}', "unknown key 'bdoy'"),
        ('{"path": "/", "method": "get"}', "the method is 'get'"),
        ("{}", "the path is None"),
        ('{"path": "http://example.org/"}', "the path is 'http"),
        ('{"path": "/a b"}', "the path is '/a b'"),
        ('{"path": "/a\\r\\nHost: x"}', "the path is"),
        ('{"path": "/ä"}', "the path is '/ä'"),
    ],
)
def test_a_line_that_is_none_is_told_with_its_number(line: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match="f, line 2.*" + words):
        parse('{"path": "/"}\n' + line, "f")


def test_whose_request_it_is() -> None:
    asked = Asked("POST", "/", {"user": {"id": 7}})
    assert asked.user(("user", "id")) == "7"
    assert asked.user(("user",)) is None
    assert asked.user(()) is None
    assert Asked("GET", "/").user(("user",)) is None


def test_long_requests_are_told_in_short() -> None:
    assert len(Asked("POST", "/", {"a": "x" * 500}).words) == 100
