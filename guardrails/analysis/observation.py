"""What an analysis saw: a rule's short name, a place and words. The gate that asked makes a finding of it."""

from dataclasses import dataclass

from guardrails.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing seen. `severity` is set where this case is graver or milder than its rule; `line` counts in the head
    (in the base for what is gone)."""

    rule: str
    path: str
    line: int | None
    what: str
    severity: Severity | None = None
