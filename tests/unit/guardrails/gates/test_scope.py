"""Gate scope: each rule says yes and says no."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.gates.scope import RULES, ScopeGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, judged
from guardrails.probes.scope import BASE, PROBES
from tests.judge_fakes import Content, Entry, bench_of, check_probe, executable, judge, link, rules_of, submodule


def severities(tmp_path: Path, head: Mapping[str, Content | None]) -> dict[str, Severity]:
    """Severity by rule of what the gate says about a change to the probes' project."""
    return {f.rule: f.severity for f in judge(ScopeGate(), tmp_path, BASE, head).findings}


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(ScopeGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"data": link("shop")}, {"scope/symlink": Severity.REVIEW}),
        ({"data": link("../x")}, {"scope/symlink-escapes": Severity.BLOCK}),
        ({"vendor": submodule()}, {"scope/submodule": Severity.REVIEW}),
        ({".gitmodules": "[submodule]\n"}, {"scope/submodule": Severity.REVIEW}),
        ({"shop/rank.py": executable(BASE["shop/rank.py"])}, {"scope/executable-bit": Severity.REVIEW}),
        ({"tool.sh": executable("#!/bin/sh\n")}, {}),
        ({"cover.png": b"\x89PNG\0"}, {}),
        ({"model.bin": b"\0"}, {"scope/binary": Severity.REVIEW}),
        ({"notes.md": "a\u202eb\n"}, {"scope/bidirectional-character": Severity.REVIEW}),
        ({"shop/a\u00e9.py": "x = 1\n"}, {}),
        (
            {"guardrails.toml": 'schema = 1\n[project]\npackages = ["shop"]\n'},
            {"scope/protected-path": Severity.REVIEW},
        ),
    ],
)
def test_kinds_of_file(tmp_path: Path, head: Mapping[str, Content], expected: Mapping[str, Severity]) -> None:
    assert severities(tmp_path, head) == expected


def test_a_link_out_of_the_repository_through_another_link(tmp_path: Path) -> None:
    assert severities(tmp_path, {"a": link("/etc"), "b": link("a/passwd")}) == {"scope/symlink-escapes": Severity.BLOCK}


def test_old_debt_is_not_found_again(tmp_path: Path) -> None:
    old = {"shop/a.py": "x = 'a\u200bb'\n" + "#" * 1200 + "\n"}
    out = judge(ScopeGate(), tmp_path, old, {"shop/a.py": "\n" + old["shop/a.py"].replace("x =", "y =")})
    assert out.findings == ()


def test_text_that_is_declared_binary_is_read_all_the_same(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, BASE, {"shop/rank.py": "# \u202e\n"})
    file = replace(bench.change.files[0], added=0, removed=0, binary=True, hunks=())
    out = ScopeGate().run(replace(bench, change=replace(bench.change, files=(file,))))
    assert rules_of(out.findings) == ["scope/bidirectional-character", "scope/binary"]
    assert any("told to show as binary" in f.what for f in out.findings)


def test_a_move_of_many_files_is_not_large(tmp_path: Path) -> None:
    base = {f"shop/m{n}.py": f"X = {n}\n" * 5 for n in range(70)}
    head: dict[str, str | None] = dict.fromkeys(base)
    head |= {path.replace("shop/", "store/"): text for path, text in base.items()}
    assert "scope/too-large" not in rules_of(judge(ScopeGate(), tmp_path, base, head).findings)


def test_generated_files_do_not_count(tmp_path: Path) -> None:
    out = judge(ScopeGate(), tmp_path, {}, {"poetry.lock": "x\n" * 5000})
    assert out.findings == ()


def test_without_a_policy_the_whole_product_counts(tmp_path: Path) -> None:
    base = {"shop/__init__.py": "", "shop/a.py": "", "tests/test_a.py": ""}
    gone = {"shop/__init__.py": None, "shop/a.py": None}
    assert rules_of(judge(ScopeGate(), tmp_path, base, gone).findings) == ["scope/product-deleted"]
    moved = gone | {"store/__init__.py": ""}
    assert judge(ScopeGate(), tmp_path, base, moved).findings == ()


def test_an_empty_difference_is_skipped_with_a_reason(tmp_path: Path) -> None:
    skip = ScopeGate().skip(bench_of(tmp_path, BASE, {}))
    assert skip is not None
    assert "empty" in skip.sentence


def test_the_work_is_what_was_read(tmp_path: Path) -> None:
    out = judge(ScopeGate(), tmp_path, BASE, {"shop/rank.py": "a = 1\nb = 2\n", "shop/store.py": None})
    assert (out.work, out.floor) == ({"files": 2, "lines": 2}, {"files": 2, "lines": 2})
    assert judged("scope", out, 0).status is GateStatus.PASSED


def test_a_name_that_git_would_quote(tmp_path: Path) -> None:
    out = judge(ScopeGate(), tmp_path, BASE, {"shop/a\nb.py": Entry(b"x = 1\n")})
    assert rules_of(out.findings) == ["scope/file-name"]
    assert all("\n" not in f.what for f in out.findings)
