"""What held of a backend, as values and as sentences for the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.adapters.sandbox import landlock
from guardrails.adapters.sandbox.limits import Limits

_BUBBLEWRAP, _NAMESPACES, _LANDLOCK = "bubblewrap", "landlock and namespaces", "landlock"
_WORDS = {_BUBBLEWRAP: "bubblewrap", _NAMESPACES: "Landlock and namespaces", _LANDLOCK: "Landlock and seccomp"}
_FILES = "the disk read-only but for its own directories, homes and other runs' files out of reach"


@dataclass(frozen=True, slots=True)
class Held:
    """What one kind of run was kept from. `network` is what `guardrails.adapters.sandbox.launch.Order` calls it."""

    backend: str
    serves: bool
    network: str
    lacking: tuple[str, ...]

    @classmethod
    def of(cls, backend: str, serves: bool, required: bool) -> "Held":
        """What a backend holds for programs, or for services, which must be reached and so share the network."""
        if backend not in _WORDS:
            return cls(backend, serves, "open", ("the network", "the whole disk", "other programs' processes"))
        if backend != _LANDLOCK and not serves:
            return cls(backend, serves, "none", ())
        ports = landlock.version() >= landlock.WITH_PORTS
        # Programs that talk to themselves over loopback are common, and Landlock knows no addresses.
        if ports and (serves or required):
            return cls(backend, serves, "ports", ())
        return cls(backend, serves, "tcp", ("outward TCP connections",))


def notes(held: Sequence[Held], limits: Limits) -> tuple[str, ...]:
    """A sentence for each kind of run, and the limits."""
    if not held:
        return ()
    found = []
    for one in sorted(held, key=lambda one: one.serves):
        what = "Untrusted services" if one.serves else "Untrusted code"
        if one.backend not in _WORDS:
            found.append(
                f"{what} ran without isolation: neither bubblewrap nor Landlock works here, so it had the network and "
                "the whole disk of this user. Install bubblewrap. What held: a clean environment, its own process group"
            )
        else:
            found.append(f"{what} ran under {_WORDS[one.backend]}: {_network(one)}, {_rest(one)}")
    return (*(f"{sentence}." for sentence in found), f"Limits of each run of untrusted code: {limits.words}.")


def _network(one: Held) -> str:
    if one.network == "none":
        return "no network"
    if one.network == "ports":
        return "no network but its own TCP ports"
    return "no network but TCP, which was NOT held (no network namespace, and Landlock knows ports but no addresses)"


def _rest(one: Held) -> str:
    if one.backend == _LANDLOCK:
        return (
            f"{_FILES}, no private /tmp, other programs' processes seen but not touched; a daemon that hides ends only "
            "with the check"
        )
    tmp = "a private /tmp" if one.backend == _BUBBLEWRAP else "no /tmp but its own TMPDIR"
    return f"{_FILES}, {tmp}, other programs' processes out of sight"
