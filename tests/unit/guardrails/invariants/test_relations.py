"""Every relation holds for the honest recommender and is falsified by its planted fault."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from guardrails.errors import UsageError
from guardrails.invariants import ledger
from guardrails.invariants.faults import FAULTS
from guardrails.invariants.reference import Reference, ReferenceSubject
from guardrails.invariants.relation import Relation, ViolationError
from guardrails.invariants.suite import ALL, judge, property_of, relation, suite

IDS = [one.id for one in ALL]


def test_there_is_one_fault_per_relation() -> None:
    assert sorted(FAULTS) == sorted(IDS)
    assert len(set(FAULTS.values())) == len(IDS)


@pytest.mark.parametrize("one", ALL, ids=IDS)
def test_the_honest_recommender_keeps_the_relation(one: Relation) -> None:
    property_of(one, ReferenceSubject())()


@pytest.mark.parametrize("one", ALL, ids=IDS)
def test_the_planted_fault_falsifies_the_relation(one: Relation) -> None:
    faulty = ReferenceSubject(FAULTS[one.id])

    # Shrinking is for people; here it is enough that a counterexample is found. Hypothesis draws constants of all the
    # modules that are loaded, so how soon depends on what else is tested; the search ends with the first.
    @settings(max_examples=3000, phases=[Phase.generate], report_multiple_bugs=False)
    @given(data=st.data())
    def find(data: st.DataObject) -> None:
        judge(one, faulty, data.draw)

    with pytest.raises(ViolationError):
        find()


def test_each_judged_example_is_counted() -> None:
    before = ledger.counts().get("closure", 0)
    property_of(relation("closure"), ReferenceSubject(), max_examples=7)()
    assert ledger.counts()["closure"] == before + 7


class Bare:
    """A recommender that offers nothing but answers."""

    recommend = Reference.recommend


class BareSubject(ReferenceSubject):
    @property
    def offers(self) -> type:
        return Bare


def test_a_relation_that_cannot_be_asked_must_be_left_out_by_name() -> None:
    with pytest.raises(UsageError, match="'cardinality' needs Eligible, which Bare does not offer"):
        suite(BareSubject())


def test_leaving_out_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError, match="no invariant is called 'cardinalty'"):
        suite(ReferenceSubject(), leave_out={"cardinalty": "typo"})


def test_the_suite_has_one_test_per_relation_that_was_not_left_out() -> None:
    made = suite(ReferenceSubject(), leave_out={"paging": "one page"})
    names = {name for name in vars(made) if name.startswith("test_")}
    assert names == {f"test_{i.replace('-', '_')}" for i in IDS if i != "paging"}
