"""Differences for the tests of the reviewer's page: made from two dictionaries of files, or with any text anywhere."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from hypothesis import strategies as st

from guardrails.analysis.difference import describe
from guardrails.analysis.difference.contracts import Places
from guardrails.analysis.difference.files import Patterns
from guardrails.model.change import ChangeKind
from guardrails.model.difference import (
    ContractField,
    Difference,
    Excerpt,
    LayerEdge,
    LayerGraph,
    Line,
    Role,
    ShownFile,
    ShownHunk,
    Swap,
)
from guardrails.model.finding import Finding
from tests.judge_fakes import Content, bench_of
from tests.verdict_samples import texts

PATTERNS = Patterns(
    protected=("guardrails.toml", "pyproject.toml"),
    generated=("*.lock",),
    judges=("tests/**",),
    tests=("tests/**",),
    packages=("shop",),
    layers=".importlinter",
    contracts=Places("api.json", "events", "pacts"),
)


def difference_of(
    directory: Path, base: Mapping[str, Content], head: Mapping[str, Content], findings: Iterable[Finding] = ()
) -> Difference:
    """What a reviewer sees of a change from one dictionary of files to another."""
    bench = bench_of(directory, base=base, head=head)
    return describe(bench.change, bench.trees.base, bench.trees.head, PATTERNS, findings)


def differences() -> st.SearchStrategy[Difference]:
    """Any text in any place of a difference."""
    numbers = st.none() | st.integers(1, 9)
    lines = st.lists(st.builds(Line, numbers, numbers, texts(), st.booleans()), max_size=2).map(tuple)
    hunks = st.lists(st.builds(ShownHunk, lines, st.integers(0, 2)), max_size=2).map(tuple)
    counts = st.integers(0, 3)
    files = st.builds(
        ShownFile,
        texts(),
        st.none() | texts(),
        st.sampled_from(ChangeKind),
        st.sampled_from(Role),
        counts,
        counts,
        counts,
        hunks,
        counts,
        texts(),
    )
    swaps = st.lists(st.builds(Swap, texts(), texts(), texts(), texts()), max_size=1).map(tuple)
    excerpts = st.dictionaries(texts(), st.builds(Excerpt, lines, st.just(0), st.booleans()), max_size=2)
    graphs = st.lists(layer_graphs(), max_size=1).map(tuple)
    names = st.lists(texts(), max_size=2).map(tuple)
    fields = st.lists(st.builds(ContractField, texts(), names, texts(), texts(), texts(), names), max_size=1).map(tuple)
    listed = st.lists(files, max_size=2).map(tuple)
    return st.builds(Difference, listed, counts, excerpts, swaps, swaps, swaps, graphs, fields)


def layer_graphs() -> st.SearchStrategy[LayerGraph]:
    """Graphs of layers with any text for names."""
    parts = st.lists(texts(), max_size=2).map(tuple)
    edges = st.builds(LayerEdge, texts(), texts(), st.integers(0, 3), st.integers(1, 3), texts(), st.booleans())
    layers = st.lists(parts, max_size=2).map(tuple)
    return st.builds(LayerGraph, texts(), layers, parts, st.lists(edges, max_size=2).map(tuple))
