"""A part of the judging whose inputs did not change is left out, and says so."""

from dataclasses import replace
from pathlib import Path

from guardrails.config import Apart, Policy, Tests
from guardrails.gates.base import unchanged
from guardrails.gates.tests import _left_out, _paths
from guardrails.model.result import SkipReason
from tests.judge_fakes import bench_of

BASE = {"product/a.py": "A = 1\n", "tests/test_a.py": "", "docs/page.md": "old\n"}


def test_what_did_not_change_is_skipped_with_a_reason_that_was_checked(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, base=BASE, head={**BASE, "docs/page.md": "new\n"})
    skip = unchanged(bench, ("product/**",))
    assert skip is not None
    assert skip.reason is SkipReason.INPUTS_UNCHANGED
    assert unchanged(bench, ("product/**", "docs/**")) is None


def test_without_named_inputs_nothing_is_skipped(tmp_path: Path) -> None:
    assert unchanged(bench_of(tmp_path, base=BASE, head=BASE), ()) is None


def test_a_part_that_stands_apart_runs_only_when_what_it_reads_changed(tmp_path: Path) -> None:
    apart = (Apart(paths=("tests/product",), inputs=("product/**",)), Apart(paths=("tests/docs",), inputs=("docs/**",)))
    bench = bench_of(tmp_path, base=BASE, head={**BASE, "docs/page.md": "new\n"})
    bench = replace(bench, policy=Policy(tests=Tests(paths=("tests/always",), apart=apart)))
    assert _paths(bench) == ("tests/always", "tests/docs")
    assert [note.partition(" not run")[0] for note in _left_out(bench)] == ["tests/product"]
