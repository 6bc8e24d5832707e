"""The order of branches: safe whatever breaks with what, minimal in whom it blames, and bounded in what it asks."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from guardrails.analysis.queueing import Branch, Outcome, ordered, overlaps, planned
from guardrails.model.result import VerdictKind

PASS, BLOCK = Outcome(VerdictKind.PASS), Outcome(VerdictKind.BLOCK, ("as if",))
NAMES = tuple("abcdefgh")
SETS = st.lists(st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=3), max_size=4)


def oracle(bad: list[frozenset[str]], names: tuple[str, ...]) -> Outcome:
    return BLOCK if any(one <= set(names) for one in bad) else PASS


@given(SETS, st.permutations(NAMES), st.integers(1, len(NAMES)))
def test_every_order_is_safe_and_nobody_is_left_out_for_nothing(
    bad: list[frozenset[str]], names: list[str], size: int
) -> None:
    order = names[:size]
    plan = planned(order, lambda name: oracle(bad, (name,)), lambda some: oracle(bad, some))
    assert oracle(bad, plan.order).good
    assert [name for name in order if name in plan.order] == list(plan.order)
    assert {*plan.order, *(one.name for one in plan.left_out)} == set(order)
    for one in plan.left_out:
        blamed = (*one.partners, one.name)
        assert not oracle(bad, blamed).good
        assert all(oracle(bad, fewer).good for fewer in combinations(blamed, len(blamed) - 1) if fewer)
    assert plan.verifications <= size + (len(plan.left_out) + 1) * (2 * size + 4)


def test_two_that_break_only_together() -> None:
    asked: list[tuple[str, ...]] = []

    def together(names: tuple[str, ...]) -> Outcome:
        asked.append(names)
        return oracle([frozenset("bd")], names)

    plan = planned("abcde", lambda _: PASS, together)
    assert plan.order == ("a", "b", "c", "e")
    ((one),) = plan.left_out
    assert (one.name, one.partners) == ("d", ("b",))
    assert len(asked) == len(set(asked))


def test_what_contains_a_branch_that_is_left_out_goes_too() -> None:
    contains = {"c": frozenset("b")}
    plan = planned("abc", lambda name: BLOCK if name == "b" else PASS, lambda _: PASS, contains)
    assert plan.order == ("a",)
    assert [one.name for one in plan.left_out] == ["b", "c"]
    late = planned("abc", lambda _: PASS, lambda some: oracle([frozenset("ab")], some), contains)
    assert late.order == ("a",)
    assert [(one.name, one.partners) for one in late.left_out] == [("b", ("a",)), ("c", ())]


def test_nothing_is_left() -> None:
    plan = planned("ab", lambda _: BLOCK, lambda _: PASS)
    assert (plan.order, plan.outcome) == ((), None)


def branch(name: str, files: str = "", lines: int = 0, contains: str = "") -> Branch:
    return Branch(name, {"file": frozenset(files.split())}, lines, frozenset(contains))


def test_what_is_contained_comes_first_then_what_overlaps_least_and_is_small() -> None:
    some = [branch("a", "x", 5), branch("b", "x y", 1), branch("c", "z", 9), branch("d", "q", 2, contains="a")]
    assert ordered(some) == ("c", "b", "a", "d")
    assert [(one.one, one.other, dict(one.common)) for one in overlaps(some)] == [("a", "b", {"file": ("x",)})]


def test_a_circle_does_not_hang() -> None:
    assert ordered([branch("a", contains="b"), branch("b", contains="a")]) == ("a", "b")


def test_what_each_says_alone_is_not_laid_on_another() -> None:
    alone = {"a": Outcome(VerdictKind.REVIEW, ("a's old test",)), "b": PASS, "c": PASS}

    def together(names: tuple[str, ...]) -> Outcome:
        both = {"a", "b"} <= set(names)
        why = [*(["a's old test"] if "a" in names else []), *(["b calls what is gone"] if both else []), "c and all"]
        return Outcome(VerdictKind.BLOCK if both else VerdictKind.REVIEW, tuple(why[: None if "c" in names else -1]))

    plan = planned(("a", "b", "c"), alone.__getitem__, together)
    (out,) = plan.left_out
    assert (out.name, out.partners, out.outcome.why) == ("b", ("a",), ("b calls what is gone",))
    assert list(plan.asks()) == [("a", "a's old test"), ("", "c and all")]
