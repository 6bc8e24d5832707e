import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from guardrails.model.finding import Finding
from guardrails.model.verdict import Verdict
from guardrails.report import html
from guardrails.report.printable import visible
from tests.verdict_samples import ALL, NASTY, bad, finding, gate, of, passing, verdicts

TAGS = re.compile(
    "html|head|meta|title|style|body|a|header|div|h1|span|p|ul|li|main|section|h2|article|h3|code|pre|dl|dt|dd|details"
    "|summary|table|thead|tbody|tr|th|td|footer"
)
ATTRIBUTES = re.compile(
    "lang|charset|name|content|http-equiv|class|id|href|tabindex|role|scope|data-label"
    "|aria-(label|labelledby|describedby)"
)
VOID = {"meta"}


class Page(HTMLParser):
    """What a browser would make of the page: its tags, attributes, text, and whether every tag is closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


@settings(max_examples=30)
@given(verdicts())
def test_no_foreign_text_becomes_markup(verdict: Verdict) -> None:
    source = html.render(verdict)
    page = Page(source)
    assert [tag for tag in page.tags if not TAGS.fullmatch(tag)] == []
    assert [name for name, _ in page.attributes if not ATTRIBUTES.fullmatch(name)] == []
    assert all(href.startswith("#") for href in page.values("href"))
    assert page.open == []
    assert all(visible(character) for character in source.replace("\n", ""))
    anchors = [value for value in page.values("id") if value.startswith("f-")]
    assert len(anchors) == len(verdict.findings)
    assert len(set(page.values("id"))) == len(page.values("id"))


@pytest.mark.parametrize("text", NASTY)
def test_a_foreign_text_stands_in_the_page_as_text(text: str) -> None:
    page = Page(html.render(of(gate(text, finding(text, why=text, fix=text, path=text, reproduce=text)))))
    shown = "".join(page.text)
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.isascii() and line.isprintable():
            assert line.strip() in shown


@pytest.mark.parametrize("make", ALL)
def test_the_page_needs_no_network_and_no_script(make: Callable[[], Verdict]) -> None:
    source = html.render(make())
    page = Page(source)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert "url(" not in source
    assert "@import" not in source
    assert any(value.startswith("default-src 'none'") for value in page.values("content"))


@pytest.mark.parametrize("make", ALL)
def test_every_link_and_label_leads_somewhere(make: Callable[[], Verdict]) -> None:
    page = Page(html.render(make()))
    pointers = [href.removeprefix("#") for href in page.values("href")]
    pointers += page.values("aria-labelledby") + page.values("aria-describedby")
    assert set(pointers) <= set(page.values("id"))


@pytest.mark.parametrize("make", ALL)
def test_the_headings_step_down_one_at_a_time(make: Callable[[], Verdict]) -> None:
    levels = [int(tag[1]) for tag in Page(html.render(make())).tags if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_verdict_is_said_first_and_the_findings_stand_before_the_gates() -> None:
    source = html.render(bad())
    assert "<title>ERROR: guardrails verdict on faster-ranking (uncommitted work)</title>" in source
    ids = ("block", "review", "note", "gates", "missing", "about")
    places = [source.index(f'<h2 id="{name}">') for name in ids]
    assert places == sorted(places)


def test_a_finding_has_its_place_reason_fix_counterexample_and_command() -> None:
    shown = "".join(Page(html.render(bad())).text)
    for part in (
        "recsys/ranking/linear.py:31",
        "total-order is falsified",
        "first:  [3, 1]\nsecond: [1, 3]",
        "Equal scores are no longer ordered by id",
        "Sort by (-score, id).",
        "python -m pytest tests/property/test_slate.py",
    ):
        assert part in shown


def test_many_findings_are_folded_and_what_the_page_leaves_out_is_said() -> None:
    many: list[Finding] = [finding(f"thing {n:04}") for n in range(html.MOST_PER_GROUP + 7)]
    source = html.render(of(gate("lint", *many)))
    assert source.count('<li id="f-') == html.MOST_PER_GROUP
    assert "The page stops here: 7 more of this rule" in source
    assert Page(source).tags.count("details") == 1


def test_a_pass_says_what_was_not_checked() -> None:
    shown = "".join(Page(html.render(passing())).text)
    assert "Not checked (1)" in shown
    assert "load is not part of the fast profile (not-in-profile)." in shown


def test_equal_findings_have_anchors_of_their_own() -> None:
    page = Page(html.render(of(gate("lint", finding(line=1), finding(line=2), finding(line=3)))))
    anchors = [value for value in page.values("id") if value.startswith("f-")]
    assert [anchor[-2:] for anchor in anchors] == ["-1", "-2", "-3"]


def test_a_command_that_all_findings_of_a_rule_share_is_shown_once() -> None:
    same = html.render(of(gate("lint", finding("a", reproduce="ruff check"), finding("b", reproduce="ruff check"))))
    other = html.render(
        of(gate("lint", finding("a", reproduce="ruff check a"), finding("b", reproduce="ruff check b")))
    )
    assert same.count(">ruff check<") == 1
    assert other.count(">ruff check a<") == other.count(">ruff check b<") == 1
