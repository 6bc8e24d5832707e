"""The gates, in one tuple, cheapest first."""

from guardrails.gates.base import Gate
from guardrails.gates.scope import ScopeGate

GATES: tuple[Gate, ...] = (ScopeGate(),)
