"""Whether answers come as soon as their consumers were promised: the best of several, and beside it the base's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.analysis.pacts import Interaction, Pact
from guardrails.ports import Timed


@dataclass(frozen=True, slots=True)
class Late:
    """An interaction that was over its promised time, each time that it was asked.

    `best` and the base's are in seconds; `best` None: it was not answered.
    """

    best: float | None
    promised: float
    base: float | None = None

    @property
    def as_before(self) -> bool:
        """Whether the base is as late in the same minutes: an old fault, or a machine that is too slow to tell."""
        return self.base is not None and self.base > self.promised

    @property
    def sentence(self) -> str:
        """What a person needs to know."""
        said = f"an answer is promised within {_shown(self.promised)}; "
        if self.best is None:
            return said + "how long it takes could not be measured"
        said += f"the head's took {_shown(self.best)} at best"
        if self.as_before:
            return f"{said}. So does the base's now ({_shown(self.base or 0)}): an old fault, or a slow machine"
        return said + (f", the base's {_shown(self.base)}" if self.base is not None else "")


def timed(pacts: Sequence[Pact]) -> list[Timed]:
    """The interactions that promise a time."""
    found = []
    for number, pact in enumerate(pacts):
        for one in pact.interactions:
            if (seconds := one.seconds) is not None:
                alike = [two for two in pact.interactions if two.description == one.description and not two.is_message]
                found.append(Timed(number, one.description, alike.index(one), len(alike), seconds))
    return found


def late(pacts: Sequence[Pact], asked: Iterable[Timed], times: Iterable[float | None]) -> dict[str, Late]:
    """The interactions that are over their time, by their key."""
    found = {}
    for one, best in zip(asked, times, strict=True):
        if best is None or best > one.seconds:
            found[_interaction(pacts, one).key] = Late(best, one.seconds)
    return found


def beside(
    lates: Mapping[str, Late], pacts: Sequence[Pact], asked: Iterable[Timed], times: Iterable[float | None]
) -> dict[str, Late]:
    """The same with what the base took."""
    base = {_interaction(pacts, one).key: took for one, took in zip(asked, times, strict=True)}
    return {key: Late(one.best, one.promised, base.get(key)) for key, one in lates.items()}


def _interaction(pacts: Sequence[Pact], one: Timed) -> Interaction:
    alike = [two for two in pacts[one.pact].interactions if two.description == one.description and not two.is_message]
    return alike[one.place]


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"
