"""Each setting that matters: looser is called looser, stricter is not, and cosmetics are nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.analysis.settings.directions import Direction, SettingChange
from guardrails.analysis.settings.tools import (
    UnreadableError,
    budget_changes,
    contract_changes,
    is_nested_configuration,
    is_script,
    policy_changes,
    tool_changes,
    tools,
)
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree


def found(tmp_path: Path, files: Mapping[str, str]) -> Mapping[str, tuple[str, Mapping[str, object]]]:
    return tools(Sources(FakeTree(tmp_path / str(abs(hash(tuple(files.items())))), files)))


def directions(tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [c.direction.value for c in tool_changes(found(tmp_path, before), found(tmp_path, after))]


def both_ways(tmp_path: Path, name: str, strict: str, loose: str) -> tuple[list[str], list[str]]:
    one, other = {name: strict}, {name: loose}
    return directions(tmp_path, one, other), directions(tmp_path, other, one)


@pytest.mark.parametrize(
    ("name", "strict", "loose"),
    [
        ("pyproject.toml", '[tool.ruff.lint]\nselect = ["E", "F"]\n', '[tool.ruff.lint]\nselect = ["E"]\n'),
        ("pyproject.toml", '[tool.ruff.lint]\nselect = ["ALL"]\n', '[tool.ruff.lint]\nselect = ["E"]\n'),
        ("ruff.toml", "", 'lint.ignore = ["F401"]\n'),
        ("ruff.toml", "", 'extend-exclude = ["shop"]\n'),
        ("ruff.toml", "", 'lint.per-file-ignores = {"a.py" = ["F"]}\n'),
        ("ruff.toml", "line-length = 88\n", "line-length = 200\n"),
        ("ruff.toml", "lint.mccabe.max-complexity = 5\n", "lint.mccabe.max-complexity = 50\n"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", "[tool.mypy]\nstrict = false\n"),
        ("pyproject.toml", "[tool.mypy]\n", "[tool.mypy]\nignore_errors = true\n"),
        ("mypy.ini", "[mypy]\nwarn_return_any = True\n", "[mypy]\nwarn_return_any = False\n"),
        ("mypy.ini", "[mypy]\n", "[mypy]\n[mypy-shop.*]\nignore_errors = True\n"),
        ("mypy.ini", "[mypy]\nfiles = a, b\n", "[mypy]\nfiles = a\n"),
        ("mypy.ini", "[mypy]\nfollow_imports = normal\n", "[mypy]\nfollow_imports = skip\n"),
        ("pyproject.toml", "[tool.mypy]\n", '[tool.mypy]\ndisable_error_code = ["arg-type"]\n'),
        ("pytest.ini", "[pytest]\naddopts = --strict-markers\n", "[pytest]\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = -k 'not slow'\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = --deselect=tests/a.py::test_b\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = --ignore tests/slow\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = -p no:randomly\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = --maxfail=1\n"),
        ("pytest.ini", "[pytest]\naddopts = --cov-fail-under=90\n", "[pytest]\naddopts = --cov-fail-under=10\n"),
        ("pytest.ini", "[pytest]\ntestpaths = a b\n", "[pytest]\ntestpaths = a\n"),
        ("pytest.ini", "[pytest]\nxfail_strict = true\n", "[pytest]\n"),
        ("pytest.ini", "[pytest]\nfilterwarnings =\n    error\n", "[pytest]\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\nfilterwarnings =\n    ignore::UserWarning\n"),
        ("pytest.ini", "[pytest]\n", "[pytest]\nnorecursedirs = slow\n"),
        (".coveragerc", "[report]\nfail_under = 90\n", "[report]\nfail_under = 0\n"),
        (".coveragerc", "[report]\n[run]\n", "[report]\n[run]\nomit = shop/*\n"),
    ],
)
def test_looser_and_back(tmp_path: Path, name: str, strict: str, loose: str) -> None:
    there, back = both_ways(tmp_path, name, strict, loose)
    assert there == ["looser"], "the way down must be seen"
    assert "looser" not in back, "the way up must not be called looser"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[tool.ruff.lint]\nselect = ["E", "F"]\n', '[tool.ruff.lint]\nselect = [ "F",  "E" ]  # order\n'),
        ("[tool.ruff]\nline-length = 88\n", '[tool.ruff]\nline-length = 88\ncache-dir = "x"\n'),
        ("[project]\nname = 'a'\n[tool.black]\nx = 1\n", "[project]\nname = 'b'\n[tool.black]\nx = 2\n"),
        ("[tool.mypy]\ncheck_untyped_defs = true\n", "[tool.mypy]\nstrict = true\n"),
        ('[tool.pytest.ini_options]\naddopts = "-ra -q"\n', '[tool.pytest.ini_options]\naddopts = ["-q", "-ra"]\n'),
        ("[tool.ruff]\nselect = ['E']\n", "[tool.ruff.lint]\nselect = ['E']\n"),
    ],
)
def test_cosmetics_and_what_is_implied(tmp_path: Path, before: str, after: str) -> None:
    assert set(directions(tmp_path, {"pyproject.toml": before}, {"pyproject.toml": after})) <= {"stricter"}


def test_unknown_settings_are_for_a_person(tmp_path: Path) -> None:
    assert directions(tmp_path, {"pytest.ini": "[pytest]\n"}, {"pytest.ini": "[pytest]\nusefixtures = x\n"}) == [
        "changed"
    ]
    pylint = {"pyproject.toml": "[tool.pylint]\nx = 1\n"}
    assert directions(tmp_path, pylint, {"pyproject.toml": "[tool.pylint]\nx = 2\n"}) == ["changed"]


def test_a_checker_that_loses_its_configuration_is_looser(tmp_path: Path) -> None:
    assert directions(tmp_path, {"mypy.ini": "[mypy]\nstrict = True\n"}, {}) == ["looser"]


def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"pyproject\.toml"):
        found(tmp_path, {"pyproject.toml": "[tool"})


CONTRACTS = """[importlinter]
root_packages =
    shop
[importlinter:contract:down]
name = down
type = layers
containers = shop
exhaustive = True
layers =
    web
    store | cache
    domain
[importlinter:contract:apart]
name = apart
type = independence
modules =
    shop.a
    shop.b
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("exhaustive = True", "exhaustive = False", ["looser"]),
        ("    web\n    store | cache\n", "    web | store | cache\n", ["stricter"]),
        ("    web\n    store | cache\n", "    web : store : cache\n", ["looser"]),
        ("    web\n    store | cache\n", "    store | cache\n    web\n", ["looser"]),
        ("store | cache", "store : cache", ["looser"]),
        ("    domain\n", "", ["looser"]),
        ("    domain\n", "    domain\n    base\n", ["stricter"]),
        ("exhaustive = True", "exhaustive = True\nignore_imports =\n    shop.domain -> shop.web", ["looser"]),
        ("    shop.b\n", "", ["looser"]),
        ("    shop.b\n", "    shop.b\n    shop.c\n", ["stricter"]),
        ("name = down", "name = downwards\nbroken_contract_guidance = x", []),
        (CONTRACTS[CONTRACTS.index("[importlinter:contract:apart]") :], "", ["looser"]),
        ("type = independence", "type = forbidden", ["changed"]),
        ("root_packages =\n    shop", "root_packages =\n    shop\nexclude_type_checking_imports = True", ["looser"]),
    ],
)
def test_contracts(before: str, after: str, expected: list[str]) -> None:
    assert before in CONTRACTS
    changes = contract_changes(".importlinter", CONTRACTS, CONTRACTS.replace(before, after))
    assert [c.direction.value for c in changes] == expected


def test_contracts_that_are_gone_or_new_or_unreadable() -> None:
    assert [c.direction for c in contract_changes("a", CONTRACTS, None)] == [Direction.LOOSER]
    assert list(contract_changes("a", None, CONTRACTS)) == []
    with pytest.raises(UnreadableError):
        list(contract_changes("a", CONTRACTS, "[importlinter\n"))


def test_contracts_in_toml() -> None:
    text = '[tool.importlinter]\nroot_package = "shop"\n[[tool.importlinter.contracts]]\nname = "n"\ntype = "layers"\n'
    before, after = text + 'layers = ["a", "b"]\n', text + 'layers = ["b", "a"]\n'
    assert [c.direction for c in contract_changes("pyproject.toml", before, after)] == [Direction.LOOSER]


def test_budgets() -> None:
    before = "[latency]\np99_ratio = 1.15\n[rules]\nminimum_requests = 500\nname = 'x'\n"
    after = "[latency]\np99_ratio = 2.0\n[rules]\nminimum_requests = 5\nname = 'y'\n"
    seen = {c.key: c.direction for c in budget_changes("slo.toml", before, after)}
    assert seen == {
        "latency.p99_ratio": Direction.LOOSER,
        "rules.minimum_requests": Direction.LOOSER,
        "rules.name": Direction.UNKNOWN,
    }
    back = {c.direction for c in budget_changes("slo.toml", after, before)}
    assert back == {Direction.STRICTER, Direction.UNKNOWN}
    with pytest.raises(UnreadableError):
        list(budget_changes("slo.toml", before, "["))


def test_the_policy() -> None:
    before: dict[str, object] = {
        "scope": {"max_files": 10, "protected": ["a", "b"]}, "project": {"judges": ["t/**"]}, "tests": {"minimum": 9},
        "load": {"command": ["x"]}, "approvals": {"agents": ["bot"], "expires_days": 7, "allowed_signers": "a"},
    }  # fmt: skip
    after: dict[str, object] = {
        "scope": {"max_files": 99, "protected": ["a"]}, "project": {"judges": []}, "tests": {"minimum": 1},
        "load": {"command": ["y"]}, "approvals": {"agents": [], "expires_days": 70, "allowed_signers": "b"},
    }  # fmt: skip
    seen = {c.key: c.direction.value for c in policy_changes("guardrails.toml", before, after)}
    assert seen == {
        "scope.max_files": "looser", "scope.protected": "looser", "project.judges": "looser",
        "tests.minimum": "looser", "load.command": "changed",
        "approvals.agents": "looser", "approvals.expires_days": "looser", "approvals.allowed_signers": "changed",
    }  # fmt: skip
    back = [c.direction for c in policy_changes("guardrails.toml", after, before)]
    assert Direction.LOOSER not in back


def test_time_to_look_for_faults_is_a_floor() -> None:
    before: dict[str, object] = {"mutants": {"seconds": 30, "watch_seconds": 60, "minimum": 2}}
    after: dict[str, object] = {"mutants": {"seconds": 1, "watch_seconds": 2, "minimum": 0}}
    keys = ("mutants.minimum", "mutants.seconds", "mutants.watch_seconds")
    changes = list(policy_changes("guardrails.toml", before, after))
    assert [(c.key, c.direction) for c in changes] == [(key, Direction.LOOSER) for key in keys]
    back = {c.direction for c in policy_changes("guardrails.toml", after, before)}
    assert back == {Direction.STRICTER}


def test_changes_say_both_values() -> None:
    (change,) = policy_changes("guardrails.toml", {"scope": {"max_lines": 1}}, {"scope": {"max_lines": 2}})
    assert change == SettingChange(
        "guardrails.toml", "scope.max_lines", Direction.LOOSER, "scope.max_lines goes from 1 to 2"
    )


def test_names_of_files() -> None:
    assert is_script(".github/workflows/ci.yml")
    assert is_script("Makefile")
    assert not is_script("shop/Makefile.py")
    assert is_nested_configuration("shop/ruff.toml")
    assert not is_nested_configuration("ruff.toml")


def test_the_policy_of_dependencies_and_secrets_has_directions() -> None:
    strict = {"dependencies": {"allow": [], "locks": ["a", "b"], "ignore": []}, "secrets": {"ignore": [], "tests": []}}
    loose = {
        "dependencies": {"allow": ["x"], "locks": ["a"], "ignore": ["x"]},
        "secrets": {"ignore": ["x"], "tests": ["x"]},
    }
    looser = [c.direction for c in policy_changes("guardrails.toml", strict, loose)]
    stricter = [c.direction for c in policy_changes("guardrails.toml", loose, strict)]
    assert looser == [Direction.LOOSER] * 5
    assert stricter == [Direction.STRICTER] * 5


@pytest.mark.parametrize(
    ("key", "strict", "loose"),
    [
        ("mode", "required", "best-effort"),
        ("memory_mb", 1024, 4096),
        ("processes", 64, 512),
        ("file_mb", 10, 2048),
        ("read", [], ["~/.ssh"]),
    ],
)
def test_which_way_isolation_is_looser(key: str, strict: object, loose: object) -> None:
    before, after = {"isolation": {key: strict}}, {"isolation": {key: loose}}
    assert [c.direction for c in policy_changes("guardrails.toml", before, after)] == [Direction.LOOSER]
    assert [c.direction for c in policy_changes("guardrails.toml", after, before)] == [Direction.STRICTER]
