"""A finding: one thing that is wrong with a change, and a rule: the kind of thing that it is an instance of."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding asks for."""

    NOTE = "note"
    """Worth knowing; changes no verdict."""
    REVIEW = "review"
    """A person must decide."""
    BLOCK = "block"
    """Must be fixed."""

    @property
    def rank(self) -> int:
        """Position in the order note < review < block."""
        return (Severity.NOTE, Severity.REVIEW, Severity.BLOCK).index(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of violation that one gate looks for.

    `id` is `<gate>/<kebab-case-name>` and never changes once released. `bad` and `good` are the shortest examples that
    a reader needs; `limits` says what the rule does not see. `guardrails explain` prints all of it.

    Every rule has a probe, or `guardrails probe` fails; `unprovable` says why none can be planted, and what shows the
    rule to work instead. It is for what depends on the machine alone.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    bad: str = ""
    good: str = ""
    limits: str = ""
    unprovable: str = ""

    @property
    def gate(self) -> str:
        """The name of the gate that owns the rule."""
        return self.id.partition("/")[0]

    def finding(
        self,
        what: str,
        *,
        path: str | None = None,
        line: int | None = None,
        reproduce: str = "",
        why: str = "",
        fix: str = "",
        severity: Severity | None = None,
    ) -> "Finding":
        """A finding of this rule. `why`, `fix` and `severity` default to the rule's own."""
        return Finding(
            rule=self.id,
            severity=severity or self.severity,
            path=path,
            line=line,
            what=what,
            why=why or self.why,
            fix=fix or self.fix,
            reproduce=reproduce,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong.

    `path` is relative to the repository; `line` counts from 1 in the head (in the base if the file was deleted).
    `deciders` are those whom CODEOWNERS names for the path, where a person must decide. `approved_by` is whose approval
    made a note of a finding that had asked for a person.
    """

    rule: str
    severity: Severity
    what: str
    why: str
    fix: str
    path: str | None = None
    line: int | None = None
    reproduce: str = ""
    deciders: tuple[str, ...] = ()
    approved_by: str = ""

    @property
    def place(self) -> str:
        """`path:line`, `path`, or an empty string."""
        if self.path is None:
            return ""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def can_be_approved(self) -> bool:
        """Whether a person may let it stand. What is wrong with an approval is mended, not approved."""
        return self.severity is Severity.REVIEW and not self.rule.startswith("approvals/")

    @property
    def sort_key(self) -> tuple[int, str, str, int, str]:
        """Worst first, then by rule, place and text, so that a report does not depend on the order of work."""
        return (-self.severity.rank, self.rule, self.path or "", self.line or 0, self.what)
