"""Gate lint: each rule says yes and says no, and no configuration of the head switches off the base's."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.gates.lint import RULES, LintGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, judged
from guardrails.ports import Command, Completed
from guardrails.probes.lint import BASE, PROBES
from tests.judge_fakes import Content, DirStore, RealProcesses, bench_of, check_probe, judge, rules_of

UNUSED = "import os\n"


def codes(tmp_path: Path, base: Mapping[str, Content], head: Mapping[str, Content | None]) -> list[str]:
    """The first words of what the gate finds."""
    return [f"{f.path}: {f.what.split(':')[0]}" for f in judge(LintGate(), tmp_path, base, head).findings]


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(LintGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "head",
    [
        {"pyproject.toml": '[tool.ruff.lint]\nselect = ["E9"]\n'},
        {"pyproject.toml": None},
        {"ruff.toml": 'exclude = ["shop"]\n'},
        {"shop/ruff.toml": 'lint.select = ["E9"]\n'},
        {"shop/.ruff.toml": 'lint.select = ["E9"]\n'},
        {".gitignore": "shop/\n"},
        {".ignore": "shop/\n"},
    ],
    ids=str,
)
def test_no_configuration_of_the_head_switches_off_the_base(tmp_path: Path, head: Mapping[str, Content | None]) -> None:
    assert codes(tmp_path, BASE, {**head, "shop/new.py": UNUSED}) == ["shop/new.py: F401"]


def test_a_stricter_configuration_of_the_head_is_enforced_on_what_is_new(tmp_path: Path) -> None:
    stricter = '[tool.ruff.lint]\nselect = ["F", "B", "E"]\n'
    base = {**BASE, "shop/debt.py": "x = 1; y = 2\n"}
    assert codes(tmp_path, base, {"pyproject.toml": stricter, "shop/new.py": "x = 1; y = 2\n"}) == ["shop/new.py: E702"]


def test_old_debt_moves_with_its_file_and_its_line(tmp_path: Path) -> None:
    text = "import os\n\n\ndef rank(scores):\n    return sorted(scores)\n"
    base = {**BASE, "shop/debt.py": text}
    assert codes(tmp_path, base, {"shop/debt.py": None, "shop/moved.py": '"""Moved."""\n\n' + text}) == []


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    base = {**BASE, "shop/debt.py": "import os\n"}
    assert codes(tmp_path, base, {"shop/debt.py": "import os\nimport sys\n"}) == ["shop/debt.py: F401"]


def test_old_debt_on_an_edited_line_is_a_note(tmp_path: Path) -> None:
    base = {**BASE, "shop/debt.py": "import os\n"}
    out = judge(LintGate(), tmp_path, base, {"shop/debt.py": "import sys\n"})
    assert (out.findings, out.notes) == ((), ("1 old violations stand on lines that the change edits",))


def test_patterns_of_the_configuration_count_from_the_root(tmp_path: Path) -> None:
    config = '[tool.ruff]\nextend-exclude = ["gen"]\n[tool.ruff.lint.per-file-ignores]\n"shop/a*" = ["F401"]\n'
    base = {**BASE, "pyproject.toml": config}
    head = {"gen/x.py": UNUSED, "shop/a.py": UNUSED, "shop/b.py": UNUSED}
    assert codes(tmp_path, base, head) == ["shop/b.py: F401"]


def test_nested_configurations_of_the_base_hold_where_they_stand(tmp_path: Path) -> None:
    base = {
        **BASE,
        "tools/ruff.toml": 'extend = "../pyproject.toml"\nlint.ignore = ["F401"]\n',
        "tools/a.py": "x = 1\n",
    }
    head = {"tools/b.py": UNUSED + "\ny = z\n", "tools/deep/c.py": UNUSED, "shop/b.py": UNUSED}
    assert codes(tmp_path, base, head) == ["shop/b.py: F401", "tools/b.py: F821"]


def test_a_pinned_version_of_ruff_does_not_stop_the_judge(tmp_path: Path) -> None:
    base = {**BASE, "pyproject.toml": '[tool.ruff]\nrequired-version = "==0.0.1"\n'}
    assert codes(tmp_path, base, {"shop/b.py": UNUSED}) == ["shop/b.py: F401"]


def test_without_configuration_only_what_is_wrong_anywhere_is_found(tmp_path: Path) -> None:
    base = {"shop/a.py": "x = 1\n"}
    assert codes(tmp_path, base, {"shop/a.py": "import os\nx=2\nprint(y)\n"}) == ["shop/a.py: F821"]


def test_the_newest_grammar_is_no_syntax_error(tmp_path: Path) -> None:
    assert codes(tmp_path, {"a.py": ""}, {"a.py": "type X = int\n\n\ndef f[T](x: T) -> T:\n    return x\n"}) == []


PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.{}"\n\n[tool.ruff]\n'


@pytest.mark.parametrize(
    ("minor", "code", "severities"),
    [
        (12, "type X = int\n", [Severity.REVIEW]),
        (12, "type X =\n", [Severity.BLOCK]),
        (11, "type X = int\n", [Severity.BLOCK]),
    ],
)
def test_a_newer_python_and_its_grammar_in_one_change_are_for_a_person(
    tmp_path: Path, minor: int, code: str, severities: list[Severity]
) -> None:
    base = {"pyproject.toml": PROJECT.format(9), "shop/a.py": "X = int\n"}
    out = judge(LintGate(), tmp_path, base, {"pyproject.toml": PROJECT.format(minor), "shop/a.py": code})
    assert [f.severity for f in out.findings if f.rule == "lint/syntax-error"] == severities


@pytest.mark.parametrize("path", [".hidden/x.py", "build/x.py", "gen/x.py"])
def test_a_syntax_error_is_found_where_the_configuration_does_not_look(tmp_path: Path, path: str) -> None:
    base = {**BASE, "pyproject.toml": '[tool.ruff]\nexclude = ["gen", "build", ".hidden"]\n'}
    out = judge(LintGate(), tmp_path, base, {path: "def f(:\n"})
    assert [(f.rule, f.severity) for f in out.findings] == [("lint/syntax-error", Severity.BLOCK)]


def test_a_broken_sample_of_the_tests_is_a_note(tmp_path: Path) -> None:
    base = {**BASE, "pyproject.toml": '[tool.ruff]\nexclude = ["tests/data"]\n'}
    out = judge(LintGate(), tmp_path, base, {"tests/data/bad.py": "def f(:\n"})
    assert [f.severity for f in out.findings] == [Severity.NOTE]


def test_what_was_broken_before_is_not_found_again(tmp_path: Path) -> None:
    base = {**BASE, "shop/bad.py": "def f(:\n"}
    assert codes(tmp_path, base, {"shop/bad.py": "\ndef f(:\n", "shop/rank.py": "x = 1\n"}) == []


def test_the_configuration_of_the_base_must_be_readable(tmp_path: Path) -> None:
    base = {**BASE, "pyproject.toml": '[tool.ruff]\nselekt = ["F"]\n'}
    with pytest.raises(JudgementError, match="selekt"):
        judge(LintGate(), tmp_path, base, {"shop/rank.py": "x = 1\n"})


def test_a_module_in_the_tree_cannot_stand_in_for_ruff(tmp_path: Path) -> None:
    base = {**BASE, "ruff/__init__.py": "", "ruff/__main__.py": "print('[]')\n", "json.py": "raise SystemExit(0)\n"}
    assert codes(tmp_path, base, {"shop/new.py": UNUSED}) == ["shop/new.py: F401"]


def test_formatting_counts_only_where_the_base_is_formatted(tmp_path: Path) -> None:
    base = {**BASE, "shop/ugly.py": "x  =  1\n", "shop/fine.py": "x = 1\n"}
    head = {"shop/ugly.py": "x  =  2\n", "shop/fine.py": "x  =  2\n", "shop/new.py": "x  =  2\n"}
    assert codes(tmp_path, base, head) == ["shop/fine.py: shop/fine.py is not formatted"]


def test_formatting_of_another_tool_is_left_alone(tmp_path: Path) -> None:
    base = {**BASE, "pyproject.toml": BASE["pyproject.toml"] + "[tool.black]\n"}
    assert codes(tmp_path, base, {"shop/rank.py": "x  =  2\n"}) == []


def test_a_configuration_that_excludes_everything_has_checked_nothing(tmp_path: Path) -> None:
    base = {**BASE, "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n'}
    out = judge(LintGate(), tmp_path, base, {"README.md": "x\n"})
    assert judged("lint", out, 0).status is GateStatus.ERROR


def test_the_floor_is_what_the_base_had_checked(tmp_path: Path) -> None:
    out = judge(LintGate(), tmp_path, BASE, {"shop/rank.py": "x = 1\n", "shop/old.py": None, "shop/b.py": "y = 1\n"})
    assert (out.work, out.floor) == ({"files": 3}, {"files": 2})


def test_blanket_noqa_is_found_once_and_a_coded_one_is_not(tmp_path: Path) -> None:
    out = judge(
        LintGate(), tmp_path, BASE, {"shop/a.py": "# flake8: noqa\n", "shop/b.py": "# ruff: noqa: F401\nimport os\n"}
    )
    assert [(f.rule, f.path) for f in out.findings] == [("lint/file-suppressed", "shop/a.py")]


def test_names_with_spaces_and_other_letters(tmp_path: Path) -> None:
    assert codes(tmp_path, {**BASE, "shöp dir/ä b.py": "x = 1\n"}, {"shöp dir/ä b.py": UNUSED}) == [
        "shöp dir/ä b.py: F401"
    ]


def test_a_repository_without_python_is_skipped(tmp_path: Path) -> None:
    skip = LintGate().skip(bench_of(tmp_path, {"a.md": "x"}, {"a.md": "y"}))
    assert skip is not None
    assert "Python" in skip.sentence
    assert LintGate().skip(bench_of(tmp_path, {"a.py": "x"}, {"a.py": None})) is None


def test_rules_of_the_findings_are_declared(tmp_path: Path) -> None:
    out = judge(LintGate(), tmp_path, BASE, {"shop/rank.py": UNUSED})
    assert set(rules_of(out.findings)) <= {rule.id for rule in RULES}


def test_the_base_is_linted_once_and_its_answer_serves_no_other_base(tmp_path: Path) -> None:
    store = DirStore(tmp_path / "store")

    def runs(base: Mapping[str, Content]) -> int:
        bench = bench_of(tmp_path, base, {"shop/new.py": UNUSED}, store=store)
        seen: list[Path] = []

        class Counting(RealProcesses):
            def run(self, command: Command) -> Completed:
                seen.append(command.cwd)
                return super().run(command)

        out = LintGate().run(replace(bench, processes=Counting()))
        assert [f.path for f in out.findings] == ["shop/new.py"]
        assert out.floor == {"files": 3}
        return seen.count(bench.trees.base.root)

    first = runs(BASE)
    assert runs(BASE) == first - 2, "only the version is asked for again"
    assert runs({**BASE, "shop/old.py": "import re\n"}) == first
    assert runs({**BASE, "pyproject.toml": '[tool.ruff.lint]\nselect = ["F"]\n'}) == first
