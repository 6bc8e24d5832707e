import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.model.contract import ASKED, Verified
from guardrails.model.difference import ContractField, Difference
from guardrails.model.finding import Finding, Severity
from guardrails.model.result import Figure, GateResult, GateStatus
from guardrails.model.verdict import Verdict
from guardrails.report import html
from guardrails.report.printable import visible
from tests.difference_samples import difference_of, differences
from tests.verdict_samples import ALL, NASTY, bad, finding, gate, of, passing, verdicts

TAGS = re.compile(
    "html|head|meta|title|style|body|a|header|div|h1|span|p|ul|li|main|section|h2|article|h3|code|pre|dl|dt|dd|details"
    "|summary|strong|table|thead|tbody|tr|th|td|footer|figure|figcaption|svg|g|line|circle|text|path|rect"
)
ATTRIBUTES = re.compile(
    "lang|charset|name|content|http-equiv|class|id|href|tabindex|role|scope|data-label|data-n|open"
    "|viewbox|x|y|x1|y1|x2|y2|cx|cy|r|text-anchor|d|width|height|preserveaspectratio"
    "|aria-(label|labelledby|describedby|hidden)"
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


def test_it_begins_as_a_page_does_so_that_its_policy_counts() -> None:
    text = html.render(bad())
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n')
    assert text.index("Content-Security-Policy") < text.index("</head>")
    for template in resources.files("guardrails.report").joinpath("templates").iterdir():
        assert not re.search("^(<{7}|={7}|>{7})", template.read_text(encoding="utf-8"), re.MULTILINE), template.name


@settings(max_examples=30)
@given(verdicts(), st.none() | differences())
def test_no_foreign_text_becomes_markup(verdict: Verdict, difference: Difference | None) -> None:
    source = html.render(replace(verdict, difference=difference))
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


def changed(tmp_path: Path, *findings: Finding, **files: tuple[str, str]) -> tuple[str, Page]:
    """The page of a change of the named files (`shop__a` is shop/a.py), and its source."""
    trees = [{f"{name.replace('__', '/')}.py": sides[at] for name, sides in files.items()} for at in (0, 1)]
    verdict = replace(of(gate("lint", *findings)), difference=difference_of(tmp_path, trees[0], trees[1], findings))
    source = html.render(verdict)
    return source, Page(source)


def test_a_finding_stands_at_its_line_and_the_line_in_the_finding(tmp_path: Path) -> None:
    found = finding("division by zero", rule="lint/violation", path="shop/a.py", line=2)
    source, page = changed(tmp_path, found, shop__a=("x = 1\ny = 2\n", "x = 1\n    y = x / 0\n"))
    assert source.count('class="l add here block"') == 1
    assert "    y = x / 0 (this line)" in "".join(page.text)
    (link,) = [href for href in page.values("href") if href.startswith("#f-")]
    assert f'id="{link[1:]}"' in source
    assert "block: lint/violation: division by zero" in "".join(page.text)
    assert "1 finding" in "".join(page.text)


def test_a_page_without_the_lines_of_the_change_says_so() -> None:
    shown = "".join(Page(html.render(bad())).text)
    assert "made from verdict.json alone" in shown
    assert "guardrails report --repo DIR" in shown


def test_what_has_findings_stands_open_and_moved_code_is_folded(tmp_path: Path) -> None:
    body = "".join(f"step_{n}(value)\n" for n in range(9))
    found = finding(path="shop/z.py", line=None)
    source, _ = changed(tmp_path, found, shop__a=(body, ""), shop__b=("", body), shop__z=("a\n", "b\n"))
    assert source.count("Moved: 9 lines") == 2
    assert re.search(r'<details class="file" id="file-\d" open>\n<summary><code>shop/z.py', source)


def test_long_changes_are_folded_but_for_the_first_files(tmp_path: Path) -> None:
    files = {f"shop__m{n:02}": ("", "".join(f"line_{n}_{m}\n" for m in range(90))) for n in range(40)}
    source, page = changed(tmp_path, **files)
    opened = len(re.findall(r'<details class="file" id="file-\d+" open>', source))
    assert 1 <= opened <= 12
    assert source.count('<details class="file"') == 40
    assert "90 lines added" not in "".join(page.text)


def test_indentation_stays_and_what_cannot_be_seen_is_shown(tmp_path: Path) -> None:
    source, _ = changed(tmp_path, shop__a=("", "\tif x:\n        y\u202e = '\x1b[31m<b>'\n"))
    assert "+     if x:" in source
    assert "+         y\\u202e = &#39;\\x1b[31m&lt;b&gt;&#39;" in source


def test_figures_become_a_picture_with_the_same_in_words() -> None:
    slow = Figure("processor time", "ms", 0.2, 0.3, 1.5, 1.4, 1.6, 1.1)
    unknown = Figure("latency p99", "ms", 5.0, 5.1, 1.02, None, None, 1.5)
    result = GateResult("load", GateStatus.FAILED, 9.0, {"requests": 10}, {}, figures=(slow, unknown))
    source = html.render(of(result))
    assert source.count('<circle class="dot"') == 2
    shown = "".join(Page(source).text)
    assert "processor time: 1.500 times the base (1.400 to 1.600, limit 1.10); base 0.200 ms, head 0.300 ms" in shown
    assert "(interval unknown, limit 1.50)" in shown
    calls = replace(slow, name="calls", unit="")
    counted = html.render(of(replace(result, figures=(calls,))))
    assert "calls: 1.500 times the base (1.400 to 1.600, limit 1.10); base 0.200, head 0.300" in counted
    bare = GateResult("load", GateStatus.PASSED, 9.0, {"requests": 10}, {}, figures=(Figure("n", "ms", 1.0, 1.0),))
    assert "<svg" not in html.render(of(bare))


def test_tests_contracts_and_dependencies_have_parts_of_their_own(tmp_path: Path) -> None:
    broken = finding("$.items[0].score is missing", rule="contracts/mismatch", path="pact.json", line=None)
    trees = (
        {"tests/test_a.py": "def test_a(): ...\n", "pyproject.toml": ""},
        {
            "tests/test_a.py": "",
            "pyproject.toml": '[project]\ndependencies = ["requestz>1"]\n',
        },
    )
    source = html.render(replace(of(gate("contracts", broken)), difference=difference_of(tmp_path, *trees)))
    places = [source.index(f'<h2 id="{name}">') for name in ("change", "tests", "contracts", "dependencies", "gates")]
    assert places == sorted(places)
    shown = " ".join("".join(Page(source).text).split())
    assert "Taken out: 1 test_a: tests/test_a.py" in shown
    assert "requestz: new, >1 in pyproject.toml" in shown


def test_what_no_test_notices_is_asked_as_questions_beside_the_tests() -> None:
    asked = finding(
        "if `<` were `<=`, nothing fails", rule="mutants/survivor", severity=Severity.NOTE, path="shop/a.py"
    )
    whole = finding("nothing fails whatever `f` does", rule="mutants/survivor", severity=Severity.REVIEW)
    proves = finding("test_f proves nothing", rule="mutants/test-proves-nothing", severity=Severity.REVIEW)
    text = html.render(replace(of(gate("mutants", asked, whole, proves)), difference=Difference()))
    questions = text[text.index("Questions that no test answers") : text.index('<h2 id="gates"')]
    assert '<code>shop/a.py:12</code> <span class="text">if `&lt;` were `&lt;=`, nothing fails</span>' in questions
    assert "nothing fails whatever `f` does" in questions
    assert "proves nothing" not in questions
    against = text[text.index("Found against them") : text.index("Questions that no test answers")]
    assert "proves nothing" in against
    assert "whatever" not in against
    assert "Questions that no test answers" not in html.render(of(gate("mutants", proves)))


def test_contracts_stand_field_by_field_with_who_feels_it_and_what_was_kept() -> None:
    gone = ContractField(
        "api.json", ("GET /a", "GET /b", "GET /c", "GET /d"), "`items[].<b>`", "number", "", ("web", "app")
    )
    new = ContractField("api.json", ("GET /a",), "`tempo`", "", "number", ())
    other = ContractField("api.json", ("GET /a",), "`id`", "string", "integer", ())
    kept = Verified("app", "shop", "an item", (), "base", "d", "pacts/app.json")
    missed = replace(kept, consumer="web", description="a <list>", mismatches=("`id` is 1",), pending=True)
    asked = replace(missed, consumer="shop", side=ASKED, mismatches=("another verifies it",), pending=False)
    result = GateResult("contracts", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, verified=(kept, kept, missed, asked))
    text = html.render(replace(of(result), difference=Difference(contracts=(gone, new, other))))
    shown = " ".join("".join(Page(text).text).split())
    assert "`items[].<b>` gone, it was number. Felt by web, app. GET /a; GET /b; GET /c and 1 more api.json" in shown
    assert "`tempo` new: number. No pact reads it." in shown
    assert "`id`: string became integer." in shown
    assert "web: 1 of 1 expectation not kept a <list> (pending: it does not count yet)" in shown
    assert "`id` is 1" in shown
    assert "app: 2 expectations kept" in shown
    assert "another verifies it" not in shown
    assert "This repository asks 1 thing of other services" in shown


def test_a_line_break_in_a_path_is_seen_as_one(tmp_path: Path) -> None:
    name = "shop/a\nb\t.py"
    difference = difference_of(tmp_path, {"k.py": ""}, {name: "x = 1\n"})
    text = html.render(replace(of(gate("scope", finding(path=name, line=1))), difference=difference))
    assert '<code class="place">shop/a\\nb\\t.py:1</code>' in text
    assert "<summary><code>shop/a\\nb\\t.py</code>" in text
