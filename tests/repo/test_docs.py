"""The documents hold what they say: links, commands, options, rules and modules exist, and no page drifts."""

import argparse
import re
from pathlib import Path

import pytest

from guardrails.cli import parser
from guardrails.gates.base import Gate
from guardrails.gates.registry import GATES
from tests.gate_pages import BEGIN, END, FOLDER, written

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md"))]
)
RULES = frozenset(rule.id for gate in GATES for rule in gate.rules)
NAMES = frozenset(gate.name for gate in GATES)
COMMANDS = {
    name: frozenset(option for action in one._actions for option in action.option_strings)
    for action in parser.build()._actions
    if isinstance(action, argparse._SubParsersAction)
    for name, one in action.choices.items()
}


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(text: str, page: Path) -> list[str]:
    """Links of a page to files and headings that are not there."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        missing = not place.exists()
        if missing or (anchor and place.suffix == ".md" and anchor not in anchors(place.read_text(encoding="utf-8"))):
            found.append(target)
    return found


def commands(text: str) -> list[str]:
    """What a page tells its reader to run: `guardrails …` in code."""
    spans = [*re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
    lines = (line for span in spans for line in span.replace("\\\n", " ").split("\n"))
    made = (re.match(r"\s*(?:\$ )?(?:[\w./~-]*/)?guardrails +([a-z].*)", line) for line in lines)
    return [found[1].partition(" #")[0].strip() for found in made if found]


def unknown(command: str) -> list[str]:
    """Commands and options of one line that there are not. The options of `contracts` belong to its own commands."""
    words = re.sub(r'"[^"]*"', "x", command).split()
    if words[0] not in COMMANDS or words[0] == "contracts":
        return [word for word in words[:1] if word not in COMMANDS]
    options = (word.partition("=")[0] for word in words[1:] if word.startswith("--"))
    return [option for option in options if option not in COMMANDS[words[0]]]


def unknown_rules(text: str) -> set[str]:
    """Names that look like rules of a gate, and are none."""
    named = set(re.findall(rf"`((?:{'|'.join(sorted(NAMES))})/[a-z-]+)`", text))
    return named - RULES


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert broken_links(text, page) == []
    assert [bad for command in commands(text) for bad in unknown(command)] == []
    directories = {f"{name}/{path.name}" for name in NAMES for path in (ROOT / name).glob("*")}
    assert unknown_rules(text) - directories == set()


def test_what_does_not_exist_is_seen() -> None:
    page = ROOT / "docs" / "README.md"
    links = "[a](no.md) [b](concepts.md#no) [c](concepts.md) [d](https://x.org)"
    assert broken_links(links, page) == ["no.md", "concepts.md#no"]
    text = "`guardrails chekc`\n```\n$ guardrails check --bsae main\nbin/guardrails init --dry-run\n```\n"
    assert [bad for command in commands(text) for bad in unknown(command)] == ["--bsae", "chekc"]
    assert unknown_rules("`tests/flaky` and `tests/flakey`") == {"tests/flakey"}


def test_every_module_and_script_that_a_page_runs_exists() -> None:
    for page in PAGES:
        for module in re.findall(r"python -m ((?:tests|benchmarks|guardrails|recsys)[\w.]*)", page.read_text("utf-8")):
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").exists() or place.is_dir(), f"{page.name}: {module}"


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_each_gate_has_a_page_that_says_what_the_registry_says(gate: Gate) -> None:
    page = (FOLDER / f"{gate.name}.md").read_text(encoding="utf-8")
    assert written(page, gate) == page, "run python -m tests.gate_pages"
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == ["What it catches", "What it does not catch", "How to satisfy it", "How it is probed"]
    assert f"(gates/{gate.name}.md)" in (ROOT / "docs/README.md").read_text(encoding="utf-8")


def test_a_page_that_drifts_is_seen() -> None:
    page = f"# x\n{BEGIN}\nold\n{END}\nrest\n"
    assert written(page, GATES[0]) != page
    assert written(page, GATES[0]).endswith("\nrest\n")
    with pytest.raises(ValueError, match="lacks the lines"):
        written("# x\n", GATES[0])


def test_no_page_is_left_without_a_gate() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == NAMES
