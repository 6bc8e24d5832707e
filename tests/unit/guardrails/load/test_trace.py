"""A recorded trace: what is read from it, and which line is wrong."""

import pytest

from guardrails.errors import ConfigurationError
from guardrails.load.trace import read


def test_requests_come_in_their_order_from_zero() -> None:
    text = (
        '{"offset_ms": 900, "method": "GET", "path": "/b?x=1"}\n\n{"offset_ms": 400.5, "method": "GET", "path": "/a"}\n'
    )
    assert [(round(one.at, 4), one.path) for one in read(text, "t")] == [(0.0, "/a"), (0.4995, "/b?x=1")]


@pytest.mark.parametrize(
    ("body", "sent"), [('{"k": 1}', '{"k": 1}'), ('"raw text"', "raw text"), ("null", ""), ("[1,2]", "[1,2]")]
)
def test_a_body_is_sent_as_it_stands(body: str, sent: str) -> None:
    (one,) = read(f'{{"offset_ms": 0, "method": "POST", "path": "/", "body": {body}}}', "t")
    assert one.body == sent


def test_every_wrong_line_is_named_by_its_number() -> None:
    good = '{"offset_ms": 0, "method": "GET", "path": "/"}'
    lines = [
        good,
        "nonsense",
        good.replace("GET", "EAT"),
        good.replace('"/"', '"http://elsewhere/"'),
        good.replace("0", "-1", 1),
        good.replace("offset_ms", "offset_s"),
    ]
    with pytest.raises(ConfigurationError) as caught:
        read("\n".join(lines), "t.jsonl")
    said = str(caught.value)
    assert "line 1:" not in said
    for number, why in ((2, "malformed"), (3, "'EAT'"), (4, "elsewhere"), (5, "negative"), (6, "offset_s")):
        assert f"line {number}:" in said
        assert why in said


def test_a_path_that_names_another_host_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must begin with one /"):
        read('{"offset_ms": 0, "method": "GET", "path": "//elsewhere/x"}', "t")


def test_many_wrong_lines_do_not_fill_the_screen() -> None:
    with pytest.raises(ConfigurationError, match="and 95 more"):
        read("x\n" * 100, "t")


def test_a_trace_of_nothing_is_none() -> None:
    with pytest.raises(ConfigurationError, match="holds no request"):
        read("\n\n", "t")
