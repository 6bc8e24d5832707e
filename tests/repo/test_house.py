"""The rules of the house, held over the tree itself; each rule is also shown a sample that breaks it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("recsys", "guardrails", "contracts", "loadtests", "benchmarks")
MOST_LINES, MOST_FUNCTION_LINES = 400, 60


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def too_long(text: str) -> list[str]:
    """What is longer than the house allows: the file, or a function in it."""
    found = [f"{len(text.splitlines())} lines"] if len(text.splitlines()) > MOST_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                found.append(f"{node.name} has {lines} lines")
    return found


def undocumented(text: str) -> list[str]:
    """Public modules and classes without a docstring."""
    tree = ast.parse(text)
    nodes = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    missing = [n.name for n in nodes if ast.get_docstring(n) is None]
    return missing if ast.get_docstring(tree) or not tree.body else ["module", *missing]


def registry_addresses(lock: str) -> list[str]:
    return [line for line in lock.splitlines() if "://" in line or "index-url" in line]


def unhashed(lock: str) -> list[str]:
    """Requirements of a lock without a hash."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", lock, flags=re.MULTILINE))
    return [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]


def unexplained(pyproject: str) -> list[str]:
    """Dependencies without a reason beside them."""
    lines = [line.strip() for line in pyproject.splitlines()]
    return [line for line in lines if re.match(r'"[A-Za-z0-9_.\[\],-]+[<>=~]=?[0-9.]+.*",', line) and "#" not in line]


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))


def make_commands(text: str) -> set[str]:
    return set(re.findall(r"`make ([a-z-]+)", text))


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_and_no_function_is_too_long_and_each_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert too_long(text) == []
    assert undocumented(text) == []


def test_what_is_too_long_or_silent_is_seen() -> None:
    assert too_long("x = 1\n" * 401) == ["401 lines"]
    assert too_long("def f():\n" + "    x = 1\n" * 60) == ["f has 61 lines"]
    assert undocumented("class A:\n    pass\n") == ["module", "A"]


def test_the_lock_is_hashed_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert registry_addresses(lock) == []
    assert unhashed(lock) == []
    assert unhashed("# made\na==1 \\\n    --hash=sha256:0\nb==2\n") == ["b==2"]
    assert registry_addresses("--index-url elsewhere\n") == ["--index-url elsewhere"]
    assert registry_addresses("a @ https://example.org/a.whl\n") != []


def test_every_dependency_has_its_reason_beside_it() -> None:
    assert unexplained((ROOT / "pyproject.toml").read_text(encoding="utf-8")) == []
    assert unexplained('    "left-pad>=1.0",\n') == ['"left-pad>=1.0",']


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["optional-dependencies"]
    usual = [*project["dependencies"], *(d for name, group in groups.items() if name != "peers" for d in group)]
    assert distributions(usual) <= locked("requirements.lock")
    assert distributions([*usual, *groups["peers"]]) <= locked("requirements-peers.lock")


def distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=~\[; ]", one)[0].lower() for one in requirements} - {"recsys-guardrails"}


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "AGENTS.md", "contracts/README.md", "tests/README.md"]
)
def test_every_make_target_that_a_document_names_exists(name: str) -> None:
    known = targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    assert make_commands((ROOT / name).read_text(encoding="utf-8")) <= known
    assert make_commands("run `make no-such-target`") - known == {"no-such-target"}


def test_no_path_of_one_machine_stands_in_the_tree() -> None:
    machine = re.compile(r"(?<![\w.~$}/])/(?:root|home/[a-z]+|work|Users/[a-z]+)/")
    found = [str(path) for path in sources() if machine.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert machine.search('open("/home/ada/data.csv")')
