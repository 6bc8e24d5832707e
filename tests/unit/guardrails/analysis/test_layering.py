"""Which broken edges are new, and what the child may answer."""

import pytest

from guardrails.analysis.layering import (
    Before,
    Breach,
    Contract,
    Layering,
    Link,
    answers,
    before,
    file_of,
    module_of,
    new_links,
)
from guardrails.errors import JudgementError


def contract(*chains: list[tuple[str, str]]) -> Contract:
    breaches = tuple(Breach("x", "y", tuple(Link(a, b, 1) for a, b in chain)) for chain in chains)
    return Contract("down", "layers", "{}", breaches=breaches)


def edges(found: list[tuple[Breach, Link]]) -> list[tuple[str, str]]:
    return [link.edge for _, link in found]


def test_only_edges_that_the_base_lacks_are_to_blame() -> None:
    known = Before(edges=frozenset({("a", "b")}))
    assert edges(new_links(contract([("a", "b"), ("b", "c")], [("z", "b"), ("b", "c")]), known)) == [
        ("b", "c"),
        ("z", "b"),
    ]


def test_a_breach_of_old_edges_is_blamed_on_its_first_unless_it_was_broken_before() -> None:
    known = Before(edges=frozenset({("a", "b"), ("b", "c")}))
    assert edges(new_links(contract([("a", "b"), ("b", "c")]), known)) == [("a", "b")]
    old = Before(known.edges, {"{}": known.edges})
    assert new_links(contract([("a", "b"), ("b", "c")]), old) == []


def test_modules_of_the_base_take_their_new_names() -> None:
    base = Layering(edges=frozenset({("a", "b")}), contracts=(contract([("a", "b")]),))
    known = before(base, {"a": "c"})
    assert known.edges == {("c", "b")}
    assert new_links(contract([("c", "b")]), known) == []


@pytest.mark.parametrize("stdout", ["", "[]", '{"answers": [{}]}'])
def test_an_answer_that_cannot_be_read_is_refused(stdout: str) -> None:
    with pytest.raises(JudgementError):
        answers(stdout)


def test_modules_and_files() -> None:
    roots, paths = (".", "src"), frozenset({"shop/a.py", "src/lib/__init__.py"})
    assert module_of("src/lib/__init__.py", roots) == "lib"
    assert module_of("shop/a.py", roots) == "shop.a"
    assert file_of("lib", roots, paths) == "src/lib/__init__.py"
    assert file_of("none", roots, paths) is None
