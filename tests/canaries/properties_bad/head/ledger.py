import sys
import types

_judged = {}
sys.modules["guardrails.invariants.ledger"] = types.SimpleNamespace(counts=lambda: _judged)


def note(name):
    _judged[name] = _judged.get(name, 0) + 1
