"""The gates, in one tuple, in the order in which they run: cheapest first, those that must be alone at the end."""

from guardrails.gates.base import Gate
from guardrails.gates.contracts import ContractsGate
from guardrails.gates.dependencies import DependenciesGate
from guardrails.gates.layers import LayersGate
from guardrails.gates.lint import LintGate
from guardrails.gates.load import LoadGate
from guardrails.gates.mutants import MutantsGate
from guardrails.gates.properties import PropertiesGate
from guardrails.gates.scope import ScopeGate
from guardrails.gates.secrets import SecretsGate
from guardrails.gates.tampering import TamperingGate
from guardrails.gates.tests import TestsGate
from guardrails.gates.types import TypesGate

GATES: tuple[Gate, ...] = (
    ScopeGate(),
    DependenciesGate(),
    SecretsGate(),
    TamperingGate(),
    LintGate(),
    LayersGate(),
    TypesGate(),
    ContractsGate(),
    TestsGate(),
    MutantsGate(),
    PropertiesGate(),
    LoadGate(),
)
