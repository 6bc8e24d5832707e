"""The gates, in one tuple, cheapest first."""

from guardrails.gates.base import Gate
from guardrails.gates.layers import LayersGate
from guardrails.gates.lint import LintGate
from guardrails.gates.scope import ScopeGate

GATES: tuple[Gate, ...] = (ScopeGate(), LintGate(), LayersGate())
