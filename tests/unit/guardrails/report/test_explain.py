from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.model.finding import Rule, Severity
from guardrails.report.explain import explain
from guardrails.report.printable import visible
from tests.verdict_samples import texts

RULE = Rule(
    "layers/broken",
    Severity.BLOCK,
    "An import goes up",
    "A lower layer that knows a higher one cannot be used, tested or understood without it.",
    "Declare a Protocol in ports.py.",
    bad="\n    from recsys.adapters import sqlite\n    sqlite.read()\n",
    good="from recsys.ports import Events",
    limits="An import that is made of a string.",
)


def test_everything_that_the_rule_knows_is_told() -> None:
    assert explain(RULE, width=60) == (
        "layers/broken: An import goes up\n\n"
        "Severity: block (blocks: it must be fixed before the change is merged).\n\n"
        "Why:\n  A lower layer that knows a higher one cannot be used,\n  tested or understood without it.\n\n"
        "Fix:\n  Declare a Protocol in ports.py.\n\n"
        "Bad:\n    from recsys.adapters import sqlite\n    sqlite.read()\n\n"
        "Good:\n    from recsys.ports import Events\n\n"
        "What it does not see:\n  An import that is made of a string.\n"
    )


def test_what_a_rule_does_not_say_has_no_heading() -> None:
    shown = explain(Rule("a/b", Severity.NOTE, "t", "w", "f"))
    assert "Bad" not in shown
    assert "see" not in shown


@settings(max_examples=30)
@given(st.builds(Rule, texts(), st.sampled_from(Severity), texts(), texts(), texts(), texts(), texts(), texts()))
def test_any_rule_is_safe_to_show(rule: Rule) -> None:
    assert all(visible(character) for character in explain(rule).replace("\n", ""))
