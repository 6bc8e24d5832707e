"""The reviewer's page in a real browser: what it asks for, how it reads, and that a keyboard is enough."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guardrails.model.finding import Severity
from guardrails.model.result import Figure, GateResult, GateStatus
from guardrails.report import html
from tests.difference_samples import difference_of
from tests.page_samples import load_pictures, rich
from tests.verdict_samples import NASTY, bad, broken, finding, gate, of, passing

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: uv pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on PATH: apt-get install chromium"),
]
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page for a change of more than 3,000 lines with many findings."""
    directory = tmp_path_factory.mktemp("page")
    base = {f"shop/m{n:02}.py": "".join(f"value_{m} = {m}\n" for m in range(100)) for n in range(40)}
    head = {path: text.replace("value_", "price_") for path, text in base.items()}
    head |= {f"tests/test_{n}.py": "def test_it() -> None:\n    assert 1\n" for n in range(9)}
    found = [finding(f"wrong {n}", path=f"shop/m{n % 40:02}.py", line=n + 1) for n in range(60)]
    found += [finding(text, path="shop/m00.py", line=3, severity=Severity.REVIEW) for text in NASTY]
    figure = Figure("processor time a request", "ms", 0.2, 0.3, 1.5, 1.4, 1.6, 1.1)
    load = GateResult(
        "load",
        GateStatus.PASSED,
        40.0,
        {"requests": 9000},
        {"requests": 100},
        figures=(figure,),
        pictures=load_pictures(),
    )
    seen = difference_of(directory, base, head, found)
    page = directory / "report.html"
    page.write_text(html.render(replace(of(gate("lint", *found), load), difference=seen)), encoding="utf-8")
    return page.as_uri()


def opened(browser: Any, address: str, **options: Any) -> tuple[Any, list[str]]:
    """The page, and what it asked for or complained of."""
    page = browser.new_context(**options).new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.goto(address)
    return page, heard


def test_it_asks_for_nothing_but_itself_and_runs_nothing(browser: Any, large: str) -> None:
    _, heard = opened(browser, large)
    assert heard == [large]


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_never_scrolls_sideways_as_a_whole(browser: Any, large: str, width: int) -> None:
    page, _ = opened(browser, large, viewport={"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def contrast(page: Any, selector: str) -> float:
    """The contrast of an element's text to the first background behind it (WCAG 2, relative luminance)."""
    return float(
        page.evaluate(
            """selector => {
              let element = document.querySelector(selector), behind = element
              const colour = text => text.match(/[0-9.]+/g).map(Number)
              while (colour(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement
              const light = text => {
                const [r, g, b] = colour(text).slice(0, 3)
                  .map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
                return .2126 * r + .7152 * g + .0722 * b
              }
              const pair = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)]
              return (Math.max(...pair) + .05) / (Math.min(...pair) + .05)
            }""",
            selector,
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_the_light_and_in_the_dark(browser: Any, large: str, scheme: str) -> None:
    page, _ = opened(browser, large, color_scheme=scheme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 22)"
    assert dark == (scheme == "dark")
    for selector in (
        ".word",
        ".what",
        ".place",
        ".add",
        ".del",
        "a.flag",
        ".facts",
        ".hint",
        ".badge",
        "dt",
        ".numbers td",
    ):
        assert contrast(page, selector) >= 4.5, selector


def test_a_keyboard_is_enough(browser: Any, large: str) -> None:
    page, _ = opened(browser, large)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus("details.file:not([open]) > summary")
    chosen = page.evaluate("document.activeElement.parentElement.id")
    page.keyboard.press("Enter")
    assert page.evaluate(f"document.getElementById('{chosen}').open")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_a_mark_in_a_hunk_leads_to_its_finding_even_where_that_is_folded(browser: Any, large: str) -> None:
    page, _ = opened(browser, large)
    last = page.locator("a.flag").last
    target = last.get_attribute("href")
    last.evaluate("one => one.closest('details').open = true")
    last.focus()
    page.keyboard.press("Enter")
    assert page.locator(f"li{target}").is_visible()


def test_a_screen_reader_hears_the_parts_and_the_picture(browser: Any, large: str) -> None:
    page, _ = opened(browser, large)
    assert page.get_by_role("heading", level=1).count() == 1
    for name in ("Must be fixed (60)", "What changed", "Tests", "Measured against the base", "Gates"):
        assert page.get_by_role("region", name=name).count() == 1, name
    assert page.get_by_role("img", name="processor time a request: 1.500 times the base").count() == 1
    assert page.get_by_role("table", name="Gates").count() == 1


def test_a_change_of_three_thousand_lines_stays_small(browser: Any, large: str) -> None:
    page, _ = opened(browser, large)
    assert page.evaluate("document.querySelectorAll('*').length") < 12_000
    shown = page.evaluate("[...document.querySelectorAll('details.file')].filter(one => one.open).length")
    assert 1 <= shown <= html.page.MOST_OPEN_FILES
    assert Path(large.removeprefix("file://")).stat().st_size < 1_500_000


@pytest.mark.parametrize("width", [390, 1100])
def test_every_mark_of_a_picture_is_inside_it_and_none_covers_another(browser: Any, large: str, width: int) -> None:
    page, _ = opened(browser, large, viewport={"width": width, "height": 800})
    found = page.evaluate(
        """() => [...document.querySelectorAll('svg.plot')].flatMap(svg => {
          const outer = svg.getBoundingClientRect()
          const boxes = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()])
          const out = boxes.filter(([, b]) => b.left < outer.left - 1 || b.right > outer.right + 1
            || b.top < outer.top - 1 || b.bottom > outer.bottom + 1).map(([text]) => text + ' is cut off')
          const over = boxes.flatMap(([text, a], n) => boxes.slice(n + 1)
            .filter(([, b]) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
            .map(([other]) => `${text} on ${other}`))
          return [...out, ...over]
        })"""
    )
    assert page.locator("svg.plot").count() == 4
    assert found == []


def test_a_picture_has_a_name_and_its_numbers_as_a_table(browser: Any, large: str) -> None:
    page, _ = opened(browser, large)
    for one in page.locator("figure:has(svg.plot)").all():
        assert one.get_by_role("img").get_attribute("aria-label")
        one.locator("summary").focus()
        page.keyboard.press("Enter")
        assert one.get_by_role("table").locator("tbody tr").count() >= 20
    stages = page.get_by_role("table", name="Where the time went")
    assert stages.get_by_role("row").nth(1).inner_text().split()[:4] == ["rank", "1.000", "2.000", "+1.000"]


RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1100)])
def test_axe_finds_nothing_that_keeps_anybody_out(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    verdicts = {made.__name__: made() for made in (passing, bad, broken)} | {"rich": rich(tmp_path)}
    for name, verdict in verdicts.items():
        file = tmp_path / f"{name}.html"
        file.write_text(html.render(verdict), encoding="utf-8")
        page, _ = opened(browser, file.as_uri(), color_scheme=scheme, viewport={"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        page.add_style_tag(content=".file { content-visibility: visible }")  # what is not drawn is not looked at
        results = axe.run(page, options={"runOnly": {"type": "tag", "values": list(RULES)}})
        found = [
            (one["id"], one["impact"], one["nodes"][0]["html"][:200])
            for one in results.response["violations"]
            if one["impact"] in ("serious", "critical", "moderate")
        ]
        assert found == [], name
        assert len(results.response["passes"]) > 10, name
