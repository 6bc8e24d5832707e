"""What is known of who was verified with whom, and of what runs where."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PactVersion:
    """A version of a consumer, and a digest of what it expects of a provider. `text` is the pact, if at hand."""

    consumer: str
    version: str
    provider: str
    digest: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A pact (by its digest) was held against a version of its provider. `at` is an ISO 8601 time."""

    consumer: str
    provider: str
    digest: str
    provider_version: str
    good: bool
    at: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A version of a consumer or provider runs in an environment since `at`."""

    name: str
    version: str
    environment: str
    at: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that a ledger holds, oldest first."""

    pacts: tuple[PactVersion, ...] = ()
    checked: tuple[Checked, ...] = ()
    deployed: tuple[Deployed, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the matrix: a consumer's version with a provider's. `good` is None where it was never verified."""

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    good: bool | None
    environments: tuple[str, ...] = ()


class Answer(StrEnum):
    """Whether a version can be deployed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Nobody there is known to depend on it: a person must decide."""

    @property
    def exit_code(self) -> int:
        """0 yes, 1 no, 3 a person must decide."""
        return {"yes": 0, "no": 1, "unknown": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, why in sentences, and the rows that it rests on."""

    answer: Answer
    why: tuple[str, ...]
    rows: tuple[Row, ...] = ()
