"""One sign that product code behaves for its judge."""

from dataclasses import dataclass

from guardrails.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a rule's short name, a text that is the same wherever the same code stands, words, and the line."""

    rule: str
    key: str
    what: str
    line: int
    severity: Severity | None = None
