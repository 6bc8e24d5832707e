"""Gate layers: new edges are found at their line, old ones are not, and nothing of a tree is run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.gates.layers import RULES, LayersGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.probes.layers import BASE, PROBES
from tests.judge_fakes import Content, bench_of, check_probe, judge

UPWARD = {"shop/domain/price.py": "RATE = 2\n\nimport shop.web\n"}
CONTRACTS = BASE[".importlinter"]


def found(tmp_path: Path, base: Mapping[str, Content], head: Mapping[str, Content | None]) -> list[tuple[str, str]]:
    """Rule and text of what the gate finds."""
    findings = judge(LayersGate(), tmp_path, base, head).findings
    return [(f.rule.removeprefix("layers/"), f.what) for f in findings]


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(LayersGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


def test_a_new_module_that_the_change_gives_a_layer_is_for_a_person(tmp_path: Path) -> None:
    head = {"shop/cache.py": "X = 1\n", ".importlinter": CONTRACTS.replace("    store\n", "    store | cache\n")}
    (finding,) = judge(LayersGate(), tmp_path, BASE, head).findings
    assert (finding.rule, finding.severity) == ("layers/undeclared-module", Severity.REVIEW)
    assert "the change itself gives it one" in finding.what


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("import shop\n\n\ndef f():\n    return shop.web.run()\n", 1),
        ('import shop\n\n\ndef f():\n    return getattr(shop, "web").run()\n', 1),
        ("import shop.domain\n\n\ndef f():\n    return shop.domain.Item\n", 0),
        ("import shop\n\n\ndef f():\n    return shop.VERSION\n", 0),
    ],
)
def test_a_module_reached_through_its_package(tmp_path: Path, code: str, count: int) -> None:
    rules = [rule for rule, _ in found(tmp_path, BASE, {"shop/domain/price.py": code})]
    assert rules.count("dynamic-import") == count


def test_the_direct_new_import_is_named_with_its_line_and_the_owners_advice(tmp_path: Path) -> None:
    out = judge(LayersGate(), tmp_path, BASE, UPWARD)
    (finding,) = out.findings
    assert (finding.path, finding.line) == ("shop/domain/price.py", 3)
    assert "shop.domain.price imports shop.web, so that shop.domain reaches shop.web" in finding.what
    assert finding.fix == "Values belong in shop/domain."
    assert (out.work["contracts"], out.floor["contracts"]) == (1, 1)
    assert out.work["modules"] == 5


def test_one_new_import_is_one_finding_though_it_opens_many_chains(tmp_path: Path) -> None:
    flood = """[importlinter]
root_packages = shop
[importlinter:contract:apart]
name = apart
type = independence
modules =
    shop.a
    shop.b
    shop.c
"""
    base = {".importlinter": flood, "shop/__init__.py": "", "shop/util.py": "", "shop/c.py": ""}
    base |= {f"shop/{n}.py": "from shop import util\n" for n in "ab"}
    head = {"shop/util.py": "from shop import c\n"}
    (only,) = found(tmp_path, base, head)
    assert "shop.util imports shop.c" in only[1]


def test_old_debt_is_not_found_and_one_more_edge_is(tmp_path: Path) -> None:
    base = {**BASE, **UPWARD}
    assert found(tmp_path, base, {"shop/store.py": "X = 1\n"}) == []
    head = {"shop/domain/new.py": "from shop import store\n"}
    (only,) = found(tmp_path, base, head)
    assert "shop.domain.new imports shop.store" in only[1]


def test_old_debt_moves_with_its_file(tmp_path: Path) -> None:
    text = "".join(f"X{n} = {n}\n" for n in range(9)) + "import shop.web\n"
    head = {"shop/domain/price.py": None, "shop/domain/cost.py": text}
    assert found(tmp_path, {**BASE, "shop/domain/price.py": text}, head) == []


@pytest.mark.parametrize(
    ("config", "rules"),
    [
        (CONTRACTS.replace("exhaustive = True", "ignore_imports = shop.domain.price -> shop.web"), ["broken"]),
        (None, ["broken", "configuration-removed"]),
        ("[importlinter]\nroot_packages = shop\n", ["broken", "configuration-unreadable"]),
    ],
)
def test_no_contract_of_the_head_switches_off_the_base(tmp_path: Path, config: str | None, rules: list[str]) -> None:
    assert sorted(rule for rule, _ in found(tmp_path, BASE, {**UPWARD, ".importlinter": config})) == rules


def test_a_stricter_contract_of_the_head_is_enforced(tmp_path: Path) -> None:
    stricter = CONTRACTS + "\n[importlinter:contract:no]\nname = no store\ntype = forbidden\n"
    stricter += "source_modules = shop.web\nforbidden_modules = shop.store\n"
    assert found(tmp_path, BASE, {".importlinter": stricter}) == [
        ("broken", "shop.web imports shop.store: against the contract 'no store'"),
    ]


def test_a_module_that_a_contract_names_may_go_with_it_if_a_person_agrees(tmp_path: Path) -> None:
    head = {"shop/store.py": None, "shop/web.py": "", ".importlinter": CONTRACTS.replace("    store\n", "")}
    out = judge(LayersGate(), tmp_path, BASE, head)
    assert [(f.rule, f.severity) for f in out.findings] == [("layers/contract-unchecked", Severity.REVIEW)]


def test_a_package_that_is_gone_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    gone = {path: None for path in BASE if path.startswith("shop/")}
    out = judge(LayersGate(), tmp_path, BASE, gone)
    assert [(f.rule, f.severity) for f in out.findings] == [("layers/contract-unchecked", Severity.BLOCK)]
    assert "the package shop is not in the tree" in out.findings[0].what


def test_a_head_that_does_not_parse_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match=r"shop/store\.py does not parse"):
        judge(LayersGate(), tmp_path, BASE, {"shop/store.py": "def f(:\n"})


def test_contract_types_of_the_project_are_not_run(tmp_path: Path) -> None:
    base = {
        **BASE,
        ".importlinter": CONTRACTS.replace("type = layers", "type = own").replace(
            "root_packages =\n", "contract_types =\n    own: shop.contracts.Own\nroot_packages =\n"
        ),
        "shop/contracts.py": "raise SystemExit('was run')\n",
    }
    with pytest.raises(JudgementError, match="is not run by the gate"):
        judge(LayersGate(), tmp_path, base, UPWARD)


def test_nothing_of_the_tree_is_imported(tmp_path: Path) -> None:
    traps = ("grimp", "importlinter", "json", "sitecustomize", "shop")
    base = {**BASE, **{f"{name}/__init__.py": "raise SystemExit('was run')\n" for name in traps}}
    assert [rule for rule, _ in found(tmp_path, base, UPWARD)] == ["broken"]


CODE = {
    "__import__('shop.web')": Severity.BLOCK,
    "import importlib as i\ni.import_module('shop.' + 'web')": Severity.BLOCK,
    "import importlib\ngetattr(importlib, 'import_module')('shop.web')": Severity.BLOCK,
    "import importlib\nimportlib.import_module('.web', 'shop')": Severity.BLOCK,
    "from importlib import import_module\ndef f(name):\n    return import_module(name)": Severity.REVIEW,
    "import sys\nsys.modules['shop.web']": Severity.BLOCK,
    "import sys\nsys.modules.get('shop.web')": Severity.BLOCK,
    "exec('import shop.web')": Severity.BLOCK,
    "exec('x = 1')": None,
    "import importlib\nimportlib.import_module('numpy')": None,
}


def test_dynamic_imports(tmp_path: Path) -> None:
    head = {f"shop/domain/d{n}.py": code + "\n" for n, code in enumerate(CODE)}
    findings = judge(LayersGate(), tmp_path, BASE, head).findings
    assert {f.path: f.severity for f in findings} == {
        path: severity for path, severity in zip(head, CODE.values(), strict=True) if severity
    }


def test_an_old_dynamic_import_is_no_new_one(tmp_path: Path) -> None:
    code = "__import__('shop.web')\n"
    base = {**BASE, "shop/domain/price.py": code}
    assert found(tmp_path, base, {"shop/domain/price.py": "\n" + code}) == []
    assert len(found(tmp_path, base, {"shop/domain/price.py": code * 2})) == 1


def test_contracts_in_pyproject_and_packages_under_src(tmp_path: Path) -> None:
    base = {
        "pyproject.toml": '[tool.importlinter]\nroot_package = "shop"\n[[tool.importlinter.contracts]]\nname = "down"\n'
        'type = "layers"\nlayers = ["shop.web", "shop.domain"]\n',
        "src/shop/__init__.py": "",
        "src/shop/web.py": "",
        "src/shop/domain.py": "",
    }
    out = judge(LayersGate(), tmp_path, base, {"src/shop/domain.py": "import shop.web\n"})
    assert [(f.path, f.line) for f in out.findings] == [("src/shop/domain.py", 1)]


def test_without_contracts_the_gate_is_skipped(tmp_path: Path) -> None:
    skip = LayersGate().skip(bench_of(tmp_path, {"setup.cfg": "[metadata]\n"}, {"a.py": ""}))
    assert skip is not None
    assert "contracts" in skip.sentence


def test_contracts_that_cannot_be_checked_at_the_base_are_no_pass(tmp_path: Path) -> None:
    base = {**BASE, ".importlinter": CONTRACTS.replace("exhaustive = True", "exhaustive = True\nno_such_option = 1")}
    with pytest.raises(JudgementError, match="cannot be checked"):
        judge(LayersGate(), tmp_path, base, UPWARD)
