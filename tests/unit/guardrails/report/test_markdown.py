import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from guardrails.model.verdict import Verdict
from guardrails.report import markdown
from guardrails.report.printable import printable_block, without_commands
from tests.verdict_samples import ALL, NASTY, bad, finding, gate, of, passing, texts, verdicts

OURS = re.compile(r"</?(details|summary|br|sub)>")
TITLES = re.compile(
    r"(Must be fixed|A person must decide|Worth knowing): \d+ findings?|Gates: what each did|Not checked, and why"
    r"|About this check"
)
# What the report itself makes; a link, an image, a numbered list, a quotation, a rule or a second heading is not of it.
KINDS = re.compile(
    r"(paragraph|inline|text|softbreak|code_inline|fence|html_block|html_inline|heading|bullet_list|list_item|strong|em"
    r"|table|thead|tbody|tr|th|td)(_open|_close)?"
)


def tokens(source: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source):
        yield token
        yield from token.children or ()


@settings(max_examples=30)
@given(verdicts())
def test_no_foreign_text_becomes_markup(verdict: Verdict) -> None:
    seen = list(tokens(markdown.render(verdict)))
    assert [token.type for token in seen if not KINDS.fullmatch(token.type)] == []
    assert [token.type for token in seen].count("heading_open") == 1
    for token in seen:
        if token.type.startswith("html_"):
            rest = TITLES.sub("", OURS.sub("", token.content)).strip()
            assert rest == "" or token.content.startswith("<sub>guardrails, exit code")
        if token.type == "text":
            assert not re.search(r"@\w|#\w", token.content)


@settings(max_examples=20)
@given(verdicts(), st.integers(20_000, 70_000))
def test_the_report_keeps_to_the_limit_and_closes_every_fold(verdict: Verdict, limit: int) -> None:
    report = markdown.render(verdict, limit)
    assert len(report) <= limit
    lines = report.split("\n")
    assert sum(line.startswith("<details>") for line in lines) == lines.count("</details>")


@pytest.mark.parametrize("text", ["#" * 1500, "@" * 1500, "`" * 1500, "\U000e0001" * 1500, "[" * 1500, "a\n" * 300])
def test_texts_that_grow_when_escaped_keep_to_the_limit(text: str) -> None:
    many = [finding(text, rule=text, path=text, why=text, fix=text, reproduce=text)] * 20
    report = markdown.render(of(gate(text, *many, notes=(text,)), command=text, notes=(text,)), 20_000)
    assert len(report) <= 20_000


def test_what_is_cut_is_said() -> None:
    many = [finding(f"thing {n}", rule=f"lint/{n}", why="long " * 150) for n in range(400)]
    report = markdown.render(of(gate("lint", *many)), 20_000)
    assert len(report) <= 20_000
    assert re.search(r"There is no room for \d+ entries more of this list", report)
    assert "Left out here for want of room: Gates: what each did and About this check." in report


@pytest.mark.parametrize("make", ALL)
def test_the_summary_has_no_more_than_20_lines(make: Callable[[], Verdict]) -> None:
    assert len(markdown.render(make()).split("<details>")[0].splitlines()) <= 20


def test_the_summary_of_many_findings_has_no_more_than_20_lines() -> None:
    verdict = of(gate("lint", *[finding(f"thing {n:03}") for n in range(100)]))
    summary = markdown.render(verdict).split("<details>")[0]
    assert len(summary.splitlines()) <= 20
    assert "- and 92 more, below" in summary


def test_the_verdict_comes_first_and_the_findings_before_the_gates() -> None:
    report = markdown.render(bad())
    assert report.startswith("### ERROR: ")
    order = [report.index(f"<summary>{t}") for t in ("Must", "A person", "Worth", "Gates", "Not checked", "About")]
    assert order == sorted(order)


def test_a_finding_has_its_place_reason_fix_and_command() -> None:
    report = markdown.render(of(gate("tampering", finding())))
    assert "- `tests/test_rank.py:12` test_top_k in tests/test_rank.py is now skipped\n" in report
    assert "  ```sh\n  git diff main...faster-ranking -- tests/test_rank.py\n  ```\n" in report
    assert "Why: A test that does not run cannot fail.\n" in report


def test_a_pass_says_what_was_not_checked() -> None:
    assert "Not checked: load.<br>" in markdown.render(passing())


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("test_top_k(user=0) - 1.5", "test_top_k(user=0) - 1.5"),
        ("__init__ *a* `b` <c> | ~d~", r"\_\_init\_\_ \*a\* \`b\` \<c\> \| \~d\~"),
        ("@octo #12", r"@&#8203;octo \#&#8203;12"),
        ("https://a.example WWW.a.example", r"https\://a.example WWW\.a.example"),
        ("1. one\n- two\n+ three\n===", r"1\. one<br>\- two<br>\+ three<br>\==="),
        ("&lt;", r"\&lt;"),
    ],
)
def test_the_escaping_of_words(raw: str, escaped: str) -> None:
    assert markdown.escape(raw) == escaped


@settings(max_examples=50)
@given(texts())
def test_a_code_span_holds_its_text_and_nothing_else(text: str) -> None:
    span = markdown.code(text)
    if span:
        (inline,) = [token for token in MarkdownIt("commonmark").parse(f"x {span} y") if token.type == "inline"]
        assert [child.type for child in inline.children or ()] == ["text", "code_inline", "text"]


@pytest.mark.parametrize("text", NASTY)
def test_a_command_stays_inside_its_fence(text: str) -> None:
    report = markdown.render(of(gate("lint", finding(reproduce=text))))
    fences = [token.content for token in tokens(report) if token.type == "fence"]
    assert fences == ([without_commands(printable_block(text, 12, 1000)) + "\n"] if text.strip() else [])


def test_a_command_that_all_findings_of_a_rule_share_is_shown_once() -> None:
    same = markdown.render(of(gate("lint", finding("a", reproduce="ruff check"), finding("b", reproduce="ruff check"))))
    other = markdown.render(
        of(gate("lint", finding("a", reproduce="ruff check a"), finding("b", reproduce="ruff check b")))
    )
    assert same.count("  ruff check\n") == 1
    assert other.count("  ruff check a\n") == other.count("  ruff check b\n") == 1
