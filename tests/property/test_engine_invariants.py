"""Every invariant, over the engine of `recsys`, in generated worlds."""

from guardrails.invariants.suite import suite
from tests.recsys_subject import EngineSubject

TestEngine = suite(EngineSubject())
