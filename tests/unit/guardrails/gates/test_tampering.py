"""Gate tampering: each rule says yes and says no, over whole changes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.gates.tampering import RULES, TamperingGate
from guardrails.model.probe import Probe
from guardrails.probes.tampering import PROBES
from tests.judge_fakes import Content, bench_of, check_probe, judge


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(TamperingGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_an_empty_difference_is_skipped_with_a_reason(tmp_path: Path) -> None:
    skip = TamperingGate().skip(bench_of(tmp_path, {"a.py": ""}, {}))
    assert skip is not None
    assert "empty" in skip.sentence


RANK = "def rank(scores: dict[str, float]) -> list[str]:\n    return sorted(scores)\n"
TEST = "from shop.rank import rank\n\n\ndef test_rank():\n    assert rank({}) == []\n"
PROJECT: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/rank.py": RANK,
    "shop/old.py": "import os\n\n\ndef stop():\n    os._exit(3)\n\n\nX = 1  # type: ignore[misc]\n",
    "tests/test_rank.py": TEST,
    "guardrails.toml": 'schema = 1\n[project]\npackages = ["shop"]\n[scope]\nmax_files = 5\n',
    "loadtests/slo.toml": "[budget]\np99_ms = 10\n",
    "tests/golden/top.json": "[1]\n",
}


def seen(tmp_path: Path, head: Mapping[str, Content | None], base: Mapping[str, Content] = PROJECT) -> list[str]:
    """Short rule names of what the gate finds, with the severity's first letter."""
    findings = judge(TamperingGate(), tmp_path, base, head).findings
    return sorted(f"{f.rule.partition('/')[2]} {f.severity.value[0]}" for f in findings)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"shop/rank.py": RANK.replace("dict[str, float]", "Any") + "\n\nfrom typing import Any\n"}, ["suppression r"]),
        ({"shop/rank.py": RANK + "\n\nfrom typing import Any\n\n\ndef load(x: Any) -> Any: ...\n"}, []),
        ({"shop/rank.py": RANK + "X = 1  # noqa\n"}, ["suppression r"]),
        ({"shop/rank.py": RANK + "from tests.test_rank import test_rank\n"}, ["reads-judges r"]),
        ({"shop/rank.py": RANK + 'X = next(HERE.rglob("top.json"))\n'}, ["reads-judges r"]),
        ({"shop/rank.py": RANK + 'X = next(HERE.rglob("other.json"))\n'}, []),
        ({"tests/shop/__init__.py": ""}, ["shadows-module r"]),
        ({"tests/__init__.py": "", "tests/shop/__init__.py": ""}, []),
        ({"shop/rank.py": RANK + "X = 1  # fmt: skip\n"}, []),
        ({"tests/test_rank.py": TEST + "X = 1  # noqa: F401 - for callers\n"}, ["suppression n"]),
        ({"tests/test_rank.py": TEST + "X = 1  # noqa: F401\n"}, ["suppression r"]),
        ({"tests/canaries/a/test_a.py": "import os\nos._exit(0)  # noqa\n"}, []),
        ({"guardrails.toml": PROJECT["guardrails.toml"].replace("5", "500")}, ["configuration-looser r"]),
        ({"guardrails.toml": PROJECT["guardrails.toml"].replace("5", "4")}, []),
        ({"guardrails.toml": PROJECT["guardrails.toml"] + "# Cosmetic.\n"}, []),
        ({"guardrails.toml": "nonsense\n"}, []),
        ({"loadtests/slo.toml": "[budget]\np99_ms = 90\n"}, ["configuration-looser r"]),
        ({"loadtests/slo.toml": "[budget]\np99_ms = 9\n"}, []),
        ({"loadtests/slo.toml": None}, ["configuration-looser r"]),
        ({"loadtests/slo.toml": "["}, ["configuration-unreadable b"]),
        ({"shop/ruff.toml": "lint.select = []\n"}, ["configuration-changed r"]),
        ({"Makefile": "test:\n\tpytest || true\n"}, ["configuration-looser r"]),
        ({"tests/golden/top.json": "[2]\n"}, ["recorded-answer-changed r"]),
        ({"tests/golden/top.json": None}, ["recorded-answer-changed r"]),
        ({"tests/golden/more.json": "[2]\n"}, []),
        ({"tests/golden/top.json": None, "tests/golden/best.json": "[1]\n"}, []),
        ({"setup.cfg": "[options.entry_points]\npytest11 =\n    x = y\n"}, ["startup-hook b"]),
        ({"shop/x.pth": "import os\n"}, ["startup-hook b"]),
        ({"json.py": "X = 1\n"}, ["shadows-module r"]),
        ({"conftest.py": "def pytest_runtest_makereport(): ...\n"}, ["report-hook b"]),
        ({"shop/broken.py": "def f(:\n"}, ["unreadable r"]),
        ({".gitignore": "tests/\n"}, ["configuration-looser r"]),
        ({".gitignore": "*.json\n"}, ["configuration-looser r"]),
        ({".gitignore": "# tests/\nbuild/\n!tests/\n"}, []),
        ({"README.md": "pytest || true\n"}, []),
    ],
)  # fmt: skip
def test_changes(tmp_path: Path, head: Mapping[str, Content | None], expected: list[str]) -> None:
    base = {**PROJECT, "pyproject.toml": '[tool.pytest.ini_options]\nnorecursedirs = ["canaries"]\n'}
    assert seen(tmp_path, head, base) == expected


def test_code_that_moves_takes_its_signs_with_it(tmp_path: Path) -> None:
    assert seen(tmp_path, {"shop/old.py": None, "shop/new.py": PROJECT["shop/old.py"]}) == []
    both = {"shop/old.py": "X = 2\n", "shop/other.py": "\n\n" + PROJECT["shop/old.py"]}
    assert seen(tmp_path, both) == []
    assert seen(tmp_path, {"shop/new.py": PROJECT["shop/old.py"]}) == ["process-exit b", "suppression r"]


def test_the_work_is_what_was_compared(tmp_path: Path) -> None:
    out = judge(TamperingGate(), tmp_path, PROJECT, {"tests/test_rank.py": None, "tests/test_new.py": "X = 1\n"})
    assert (out.work["files"], out.work["tests"]) == (2, 1)
    assert out.floor == {"files": 2, "tests": 1, "settings": 0}


def test_without_a_policy_and_without_pytest(tmp_path: Path) -> None:
    base = {
        "lib.py": "def f():\n    return 1\n",
        "test_lib.py": "from lib import f\ndef test_f():\n    assert f() == 1\n",
    }
    assert seen(tmp_path, {"test_lib.py": None}, base) == ["test-deleted b"]
    assert seen(tmp_path, {"test_lib.py": None, "lib.py": None, "other.py": "X = 1\n"}, base) == ["test-deleted r"]
    assert seen(tmp_path, {"lib.py": "def f():\n    return 2 - 1\n"}, base) == []
