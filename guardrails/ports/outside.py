"""Everything else that stands outside of the judge."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from guardrails.model.exchange import HttpAnswer, HttpRequest
from guardrails.model.load_run import LoadPlan, LoadRun, LoadTarget
from guardrails.model.open_run import OpenPlan, OpenRun, OpenTarget


class Signatures(Protocol):
    """Signatures of SSH keys over texts, each in a namespace."""

    def is_intact(self, text: str, signature: str, namespace: str) -> bool:
        """Whether the signature is over this text, whoever made it.

        Raises:
            ToolMissingError: there is no ssh-keygen.
        """

    def is_by(self, text: str, signature: str, namespace: str, *, principal: str, signers: str) -> bool:
        """Whether it is `principal`'s, by the text of an allowed-signers file.

        Raises:
            ToolMissingError: there is no ssh-keygen.
        """


class Store(Protocol):
    """A cache of directories, keyed by content. An entry is complete or absent; nobody changes one in place."""

    def get(self, kind: str, key: str) -> Path | None:
        """The directory of an entry."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A private empty directory that is removed on leaving."""

    def put(self, kind: str, key: str, directory: Path) -> Path:
        """Move a finished directory into the cache; if the entry is there already, the first one stays."""

    def copy(self, source: Path, target: Path) -> None:
        """Copy a directory's content into `target`, which is created if absent."""

    def write(self, path: Path, text: str) -> None:
        """Write a text file inside a scratch directory, making its parents."""

    def read(self, path: Path) -> str | None:
        """Read a text file of a cache entry or a scratch directory; None where absent."""


class LoadRig(Protocol):
    """Sends a scenario's requests to services and measures them from outside."""

    def drive(self, plan: LoadPlan, targets: Sequence[LoadTarget]) -> LoadRun:
        """Drive the targets in alternating slices.

        Raises:
            ToolMissingError: the generator is not installed.
            JudgementError: the scenario cannot be loaded, or the generator crashed or did not end.
        """


class ArrivalRig(Protocol):
    """Sends requests to a service on a schedule that does not wait for answers, and measures it from outside."""

    def arrive(self, plan: OpenPlan, target: OpenTarget) -> OpenRun:
        """Send the arrivals of a plan.

        Raises:
            ToolMissingError: the generator is not installed.
            JudgementError: the scenario cannot be driven, or the generator crashed or did not end.
        """


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """What driving open arrivals for a release takes: the rig, a clock in seconds, who is told how far it is, and for
    how many seconds it may go on (None: as slo.toml says)."""

    rig: ArrivalRig
    clock: Callable[[], float]
    tell: Callable[[str], None]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SecretHit:
    """What looks like a credential on one line. `kind` is what it is of (`AWS Access Key`), `family` one of `token`,
    `private key`, `address` (a password in one) and `word` (a value beside a word such as `password`). `value` is never
    shown: it stands in no representation and must not reach a report.
    """

    line: int
    kind: str
    family: str
    value: str = field(repr=False)


class SecretScanner(Protocol):
    """Finds what looks like a credential."""

    def scan(self, path: str, lines: Sequence[tuple[int, str]]) -> Sequence[SecretHit]:
        """What stands on the lines (number and text) of a file, by the line.

        Raises:
            ToolMissingError: the library is not installed.
        """


class PackageIndex(Protocol):
    """Asks an index of Python packages."""

    def ask(self, index: str, names: Sequence[str], *, whole: float) -> Mapping[str, HttpAnswer]:
        """What the simple API at `index` (the address before the names) says of each name, in JSON. What could not be
        asked within `whole` seconds is left out.

        Raises:
            ConfigurationError: `index` is no address that may be asked.
        """


class HttpClient(Protocol):
    """Asks services on loopback."""

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        """The answers, asked for one after the other: `timeout` seconds for each, `whole` seconds for all. What could
        not be asked within them has no answer: the tuple is shorter. No redirect is followed, no proxy is used."""
