import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from guardrails.model.verdict import Verdict
from guardrails.report import comment, markdown
from tests.verdict_samples import ALL, NASTY, bad, finding, gate, of, verdicts


@settings(max_examples=20)
@given(verdicts())
def test_the_marker_stands_first(verdict: Verdict) -> None:
    text = comment.render(verdict)
    assert text.startswith(f"{comment.MARKER}\n### ")


@pytest.mark.parametrize("text", [*NASTY, comment.MARKER, "#" * 2000])
def test_a_comment_never_passes_the_forges_limit(text: str) -> None:
    many = [
        finding(f"{text} {n}", rule=f"lint/{n}{text}", why=text * 9, fix=text * 9, reproduce=text) for n in range(300)
    ]
    said = comment.render(of(gate("lint", *many)))
    assert len(said) <= 65_536
    assert len(said.encode()) <= 4 * 65_536


@pytest.mark.parametrize("make", ALL)
def test_what_stands_open_is_short(make: Callable[[], Verdict]) -> None:
    opened = re.sub(r"<details>.*?</details>", "", comment.render(make()), flags=re.DOTALL)
    assert len([line for line in opened.split("\n") if line.strip()]) <= 20


def test_it_says_what_the_markdown_report_says() -> None:
    assert comment.render(bad()) == f"{comment.MARKER}\n{markdown.render(bad())}"
