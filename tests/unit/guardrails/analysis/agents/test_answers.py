"""A verdict in few words, and how often it is told."""

from guardrails.analysis.agents.answers import MOST_FINDINGS, answer, blocking, told
from guardrails.analysis.agents.rounds import GivenUp, Memory, next_round, sentences, with_given_up
from guardrails.analysis.planted import planted_tests
from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult, GateStatus
from guardrails.model.verdict import Verdict


def found(number: int, severity: Severity = Severity.BLOCK, **more: str) -> Finding:
    return Finding(
        "lint/violation", severity, f"F{number}: " + "long " * 100, "why", "fix it", f"a{number}.py", 3, **more
    )


def verdict(*findings: Finding) -> Verdict:
    status = GateStatus.FAILED if findings else GateStatus.PASSED
    return Verdict(
        None, None, (GateResult("lint", status, 0.1, findings=findings),), command="guardrails check --seed 7"
    )


def test_it_is_short_whatever_was_found() -> None:
    text = answer(verdict(*(found(n, reproduce="ruff check --seed 5 a.py") for n in range(50))))
    assert len(text.split("\n")) <= 20
    assert max(map(len, text.split("\n"))) <= 240
    assert f"and {50 - MOST_FINDINGS} more" in text
    assert text.startswith("guardrails: block")


def test_a_seed_is_never_told() -> None:
    text = answer(
        verdict(found(1, reproduce="python -m pytest --seed 5 x"), found(2, reproduce="guardrails check --seed 9"))
    )
    assert "seed" not in text
    assert "  see it: python -m pytest x" in text
    ways = ("pytest --hypothesis-seed=77 x", "drawn from seed 77", "seed: 77", "--seed=77")
    for way in ways:
        many = verdict(Finding("a/b", Severity.BLOCK, way, way, way, reproduce=way))
        broken = Verdict(None, None, (GateResult("x", GateStatus.ERROR, 0.1, error=way),), error=way)
        assert "77" not in answer(many) + answer(broken) + told(way)
    assert told("fails at the base from the same seed") == "fails at the base from the same seed"


def test_the_name_of_a_planted_test_is_never_told() -> None:
    planted = planted_tests("0123456789abcdef" * 2)
    for name, _, _ in planted.tests:
        text = answer(
            verdict(Finding("tests/x", Severity.BLOCK, f"{name} passes", "", name, reproduce=f"pytest {name}"))
        )
        assert "0123456789abcdef" not in text
        assert "a planted test passes" in text


def test_notes_and_what_was_given_up_are_left_out() -> None:
    note, given = found(1, Severity.NOTE), found(2)
    text = answer(verdict(note, given), set_aside=[fingerprint(given)])
    assert "a1.py" not in text
    assert "a2.py" not in text
    assert blocking(verdict(note, given)) == (given,)


def test_a_person_is_asked_after_the_rounds() -> None:
    memory, seen = Memory(), []
    for _ in range(5):
        turn = next_round(memory, ["a", "a"], 3)
        memory = turn.memory
        seen.append((turn.open, turn.stuck))
    assert seen == [(("a",), ())] * 3 + [((), ("a",))] * 2


def test_what_is_fixed_is_forgotten_and_counts_anew() -> None:
    memory = next_round(next_round(Memory(), ["a", "b"], 3).memory, ["b"], 3).memory
    assert memory.told == {"b": 2}
    assert next_round(memory, ["a", "b"], 3).memory.told == {"a": 1, "b": 3}


def test_what_was_given_up_holds_nobody_and_is_told() -> None:
    one = GivenUp("a", "lint/violation", "a.py", "what", "cannot be", "2026-01-01T00:00:00Z")
    memory = with_given_up(with_given_up(Memory(told={"a": 1}), one), one)
    turn = next_round(memory, ["a", "b"], 3)
    assert (turn.open, turn.memory.given_up) == (("b",), (one,))
    assert next_round(turn.memory, ["b"], 3).memory.given_up == ()
    assert sentences([one], {"a"}) == ("An agent says that it cannot satisfy lint/violation (a.py): cannot be",)
    assert sentences([one], {"b"}) == ()


def test_the_same_tree_is_no_new_round() -> None:
    memory = next_round(Memory(), ["a"], 1).memory
    turn = next_round(memory, ["a", "b"], 1, again=True)
    assert turn.memory.told == {"a": 1, "b": 1}
    assert turn.stuck == ()
    assert next_round(turn.memory, ["a"], 1).stuck == ("a",)
