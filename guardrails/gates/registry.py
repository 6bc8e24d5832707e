"""The gates, in one tuple, in the order in which they run: cheapest first, those that must be alone at the end."""

from guardrails.gates.base import Gate
from guardrails.gates.behaviour import BehaviourGate
from guardrails.gates.contracts import ContractsGate
from guardrails.gates.layers import LayersGate
from guardrails.gates.lint import LintGate
from guardrails.gates.load import LoadGate
from guardrails.gates.properties import PropertiesGate
from guardrails.gates.scope import ScopeGate
from guardrails.gates.tampering import TamperingGate
from guardrails.gates.tests import TestsGate
from guardrails.gates.types import TypesGate

GATES: tuple[Gate, ...] = (
    ScopeGate(),
    TamperingGate(),
    LintGate(),
    LayersGate(),
    TypesGate(),
    ContractsGate(),
    BehaviourGate(),
    TestsGate(),
    PropertiesGate(),
    LoadGate(),
)
