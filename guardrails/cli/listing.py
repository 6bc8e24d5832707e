"""`guardrails gates` and `guardrails explain`: what the judge says of itself."""

import difflib

from guardrails.analysis.approvals import RULES as APPROVALS
from guardrails.cli.output import say, table
from guardrails.errors import UsageError
from guardrails.gates.base import Gate, Profile
from guardrails.gates.registry import GATES
from guardrails.model.finding import Rule


def list_gates() -> int:
    """Print the gates, cheapest first."""
    rows = [("gate", "runs in", "rules", "what it catches")]
    rows += [(gate.name, _profiles(gate), str(len(gate.rules)), gate.title) for gate in GATES]
    say(table(rows) + "\n\nguardrails explain GATE lists the rules of a gate.")
    return 0


def explain(name: str) -> int:
    """Print what a rule means, or the rules of a gate.

    Raises:
        UsageError: there is no such rule and no such gate.
    """
    for gate in GATES:
        if gate.name == name:
            rows = [("rule", "severity", "what it finds")]
            say(table([*rows, *((rule.id, rule.severity.value, rule.title) for rule in gate.rules)]))
            return 0
    from guardrails.report.explain import explain as explained

    say(explained(find_rule(name)))
    return 0


def find_rule(name: str) -> Rule:
    """The rule of that id, or the only one that is called so in its gate.

    Raises:
        UsageError: there is none, or several.
    """
    rules = {rule.id: rule for gate in GATES for rule in gate.rules} | {rule.id: rule for rule in APPROVALS}
    called = [rule for rule in rules if name in {rule, rule.partition("/")[2]}]
    if len(called) == 1:
        return rules[called[0]]
    near = called or difflib.get_close_matches(name, [*rules, *(gate.name for gate in GATES)], n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "guardrails gates lists the gates."
    raise UsageError(f"there is no rule '{name}'. {hint}")


def _profiles(gate: Gate) -> str:
    return " ".join(profile.value for profile in Profile if profile in gate.profiles)
