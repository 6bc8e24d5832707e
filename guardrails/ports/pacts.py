"""Verification of pacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PactMismatch:
    """One way in which an answer is not what a consumer expects.

    `kind` is pact's (BodyMismatch, StatusMismatch, HeaderMismatch, …), `path` where in the answer (`$.items[0].id`, a
    header's name), `message` pact's sentence.
    """

    kind: str
    message: str
    path: str = ""
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class InteractionResult:
    """What became of one interaction: good if there is neither a mismatch nor an error."""

    consumer: str
    description: str
    states: tuple[str, ...]
    mismatches: tuple[PactMismatch, ...] = ()
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether the provider did what the consumer expects."""
        return not self.mismatches and not self.error


@dataclass(frozen=True, slots=True)
class StateCall:
    """One request to the provider's state handler. `status` is its HTTP status, 0 where it did not answer."""

    state: str
    action: str
    status: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """One run of pact's verifier. `complaint` says in words why it ended without results; empty for a whole run.
    `blames_pact`: it is one of the pacts that the verifier could not take."""

    results: tuple[InteractionResult, ...]
    states: tuple[StateCall, ...] = ()
    complaint: str = ""
    blames_pact: bool = False


@dataclass(frozen=True, slots=True)
class Timed:
    """An interaction over HTTP whose answer is promised within `seconds`.

    `pact` is its pact by number, `place` which it is of the `alike` interactions of that pact with its `description`.
    """

    pact: int
    description: str
    place: int
    alike: int
    seconds: float


class PactVerifier(Protocol):
    """Replays the interactions of pact files against a running provider."""

    def verify(
        self,
        provider: str,
        pacts: Sequence[str],
        *,
        url: str,
        states_url: str,
        timeout: float,
        messages_url: str = "",
    ) -> Verification:
        """Verify the pacts (their texts) against the provider at `url`, with its state handler at `states_url`.

        With `messages_url` messages are verified too: whoever answers there hands out what the provider emitted.

        Raises:
            ToolMissingError: pact is not installed.
        """

    def measure(
        self,
        provider: str,
        pacts: Sequence[str],
        timed: Sequence[Timed],
        *,
        url: str,
        states_url: str,
        timeout: float,
    ) -> Sequence[float | None]:
        """The shortest time in seconds that each of `timed` was answered in: asked again, a few times, only while it is
        over its promise. None: it was not answered."""

    def written(self, directory: Path) -> Mapping[str, str]:
        """The pact files that consumers' tests wrote into a directory, by name."""
