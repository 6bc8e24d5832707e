"""What the judge says of itself."""

import pytest

from guardrails.cli.listing import explain, list_gates
from guardrails.errors import UsageError
from guardrails.gates.registry import GATES


def test_every_gate_is_listed_in_order_with_what_it_catches(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_gates() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(GATES) + 1]] == [gate.name for gate in GATES]
    assert all(gate.title in line for gate, line in zip(GATES, lines[1:], strict=False))


def test_a_rule_is_explained_by_its_id_or_by_its_own_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("scope/too-large") == 0
    by_id = capsys.readouterr().out
    assert by_id.startswith("scope/too-large: ")
    assert explain("too-large") == 0
    assert capsys.readouterr().out == by_id


def test_a_gate_is_explained_by_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("scope") == 0
    shown = capsys.readouterr().out
    assert all(rule.id in shown for gate in GATES if gate.name == "scope" for rule in gate.rules)


@pytest.mark.parametrize(
    ("name", "hint"), [("scope/too-big", "scope/too-large"), ("scop", "scope"), ("zzzz", "guardrails gates lists")]
)
def test_an_unknown_rule_is_refused_with_the_nearest_one(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"there is no rule '{name}'") as caught:
        explain(name)
    assert hint in str(caught.value)
