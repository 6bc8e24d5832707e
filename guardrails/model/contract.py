"""What became of one thing that a consumer relies on: verification results, as they stand in the verdict."""

from dataclasses import dataclass

ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Verified:
    """One interaction that was asked of the head's provider, or owed and not asked.

    `pact` is a digest of what the pact says, `path` and `line` where the expectation stands, `side` whose pact it is
    (base or head; `ASKED`: this repository asks it of another service, and it is verified there). `mismatches` are
    sentences, each with the path of the field; good if there is none. `pending`: a failure is shown and does not count
    yet.
    """

    consumer: str
    provider: str
    description: str
    states: tuple[str, ...]
    side: str
    pact: str
    path: str
    line: int | None = None
    mismatches: tuple[str, ...] = ()
    pending: bool = False

    @property
    def good(self) -> bool:
        """Whether the provider did what the consumer expects."""
        return not self.mismatches
