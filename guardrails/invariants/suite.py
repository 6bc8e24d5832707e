"""The relations as Hypothesis properties: one test per relation for one recommender.

from guardrails.invariants.suite import suite

TestInvariants = suite(MySubject(), leave_out={"paging": "the service answers one page"})
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from guardrails.errors import UsageError
from guardrails.invariants import agreement, ledger, slate, state, wellformed
from guardrails.invariants.protocol import Subject
from guardrails.invariants.relation import Draw, Relation, Trial
from guardrails.invariants.strategies import requests

ALL: tuple[Relation, ...] = (
    *wellformed.RELATIONS,
    *agreement.RELATIONS,
    *state.RELATIONS,
    *slate.RELATIONS,
)
STATISTICAL_EXAMPLES = 3
WELL_FORMED: tuple[Relation, ...] = wellformed.RELATIONS


def relation(relation_id: str) -> Relation:
    """The relation with this id.

    Raises:
        UsageError: there is none.
    """
    for one in ALL:
        if one.id == relation_id:
            return one
    raise UsageError(f"no invariant is called '{relation_id}'. Known: {', '.join(r.id for r in ALL)}.")


def judge(one: Relation, subject: Subject, draw: Draw) -> None:
    """Judge one drawn example, and count it.

    Raises:
        ViolationError: the relation does not hold.
    """
    world = draw(subject.worlds(), "world")
    request = draw(requests(world), "request")
    one.check(Trial(subject, world, subject.build(world), request, draw))
    ledger.note(one.id)


def property_of(
    one: Relation, subject: Subject, max_examples: int | None = None, *, shrink: bool = True
) -> Callable[..., None]:
    """The relation as a Hypothesis test of one recommender, to be called or collected.

    `max_examples` overrides the profile's: for subjects that are slow to ask. A statistical relation looks at thousands
    of units in each example and gets a few. `shrink=False` reports the first counterexample as it was drawn.
    """

    @given(data=st.data())
    def test(data: Any) -> None:  # noqa: ANN401 - hypothesis does not export the type of data()
        judge(one, subject, data.draw)

    test.__doc__ = one.statement
    now = settings()
    return settings(
        max_examples=STATISTICAL_EXAMPLES if one.kind == "statistical" else max_examples or now.max_examples,
        phases=now.phases if shrink else [Phase.explicit, Phase.generate],
    )(test)


def suite(
    subject: Subject,
    *,
    relations: Sequence[Relation] = ALL,
    leave_out: Mapping[str, str] | None = None,
    max_examples: int | None = None,
    shrink: bool = True,
) -> type:
    """A test class with one property per relation.

    `leave_out` maps the ids of relations that do not apply to the reason why. A relation that the recommender lacks a
    capability for must stand there too: nothing is left out in silence.

    Raises:
        UsageError: a relation cannot be asked and is not left out, or `leave_out` names one that does not exist.
    """
    left_out = dict(leave_out or {})
    for name in left_out:
        relation(name)
    asked = [one for one in relations if one.id not in left_out]
    for one in asked:
        if lacking := one.missing(subject.offers):
            raise UsageError(
                f"'{one.id}' needs {', '.join(lacking)}, which {subject.offers.__name__} does not offer: implement it "
                f"(guardrails.invariants.protocol), or say why not in leave_out."
            )
    tests = {
        f"test_{one.id.replace('-', '_')}": staticmethod(property_of(one, subject, max_examples, shrink=shrink))
        for one in asked
    }
    return type("TestInvariants", (), tests)
