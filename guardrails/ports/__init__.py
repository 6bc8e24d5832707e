"""What the judge needs from outside: one Protocol for each outside thing, one adapter each in `guardrails.adapters`.

Gates see only these, so they can be tested with fakes, and untrusted code has one door to come in by.
"""

from guardrails.ports.outside import (
    ArrivalRig,
    HttpClient,
    LoadRig,
    OpenDesk,
    PackageIndex,
    SecretHit,
    SecretScanner,
    Signatures,
    Store,
)
from guardrails.ports.pacts import InteractionResult, PactMismatch, PactVerifier, StateCall, Timed, Verification
from guardrails.ports.processes import Command, Completed, Confinement, Processes, Service
from guardrails.ports.suites import CaseRecord, Mutations, SuiteRun, Suites
from guardrails.ports.trees import Tree, Trees

__all__ = [
    "ArrivalRig",
    "CaseRecord",
    "Command",
    "Completed",
    "Confinement",
    "HttpClient",
    "InteractionResult",
    "LoadRig",
    "Mutations",
    "OpenDesk",
    "PackageIndex",
    "PactMismatch",
    "PactVerifier",
    "Processes",
    "SecretHit",
    "SecretScanner",
    "Service",
    "Signatures",
    "StateCall",
    "Store",
    "SuiteRun",
    "Suites",
    "Timed",
    "Tree",
    "Trees",
    "Verification",
]
