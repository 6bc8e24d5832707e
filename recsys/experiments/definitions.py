"""What experiments run: arms that change settings, in layers of buckets that never overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Final

from recsys.domain.config import DEFAULT, Config
from recsys.errors import InvalidValueError

BUCKETS: Final = 10_000
SETTINGS: Final = frozenset(setting.name for setting in fields(Config))


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant. weight: its share among the arms, a positive integer. overrides: settings of `Config` to replace."""

    name: str
    weight: int = 1
    overrides: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.overrides) - SETTINGS)
        if unknown or self.weight <= 0:
            raise InvalidValueError(
                f"arm {self.name!r} has weight {self.weight} and unknown settings {unknown}; "
                f"the weight must be positive and the settings among {sorted(SETTINGS)}"
            )
        DEFAULT.replaced(self.overrides)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Users whose layer bucket lies in [start, stop) are split over the arms by a second hash, salted with `salt`.

    A change of the salt deals anew; without one, assignment is sticky.
    """

    name: str
    salt: str
    arms: tuple[Arm, ...]
    start: int = 0
    stop: int = BUCKETS

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop <= BUCKETS:
            raise InvalidValueError(
                f"experiment {self.name!r} has buckets [{self.start}, {self.stop}); want [0, {BUCKETS})"
            )
        if not self.arms or len({arm.name for arm in self.arms}) != len(self.arms):
            raise InvalidValueError(f"experiment {self.name!r} needs at least one arm, each with its own name")

    @property
    def settings(self) -> frozenset[str]:
        """Every setting that an arm replaces."""
        return frozenset(name for arm in self.arms for name in arm.overrides)


@dataclass(frozen=True, slots=True)
class Layer:
    """Experiments that exclude each other: a user is in at most one of a layer. Layers are independent by their salts.

    Source: Tang et al. 2010, "Overlapping Experiment Infrastructure: More, Better, Faster Experimentation".
    """

    name: str
    salt: str
    experiments: tuple[Experiment, ...]

    def __post_init__(self) -> None:
        ranges = sorted((test.start, test.stop, test.name) for test in self.experiments)
        for (_, stop, left), (start, _, right) in pairwise(ranges):
            if start < stop:
                raise InvalidValueError(f"experiments {left!r} and {right!r} share buckets of layer {self.name!r}")


def check_layers(layers: Sequence[Layer]) -> None:
    """Raise `InvalidValueError` for layers that are not independent: a shared name, salt or setting."""
    tests = [test for layer in layers for test in layer.experiments]
    names = [layer.name for layer in layers] + [test.name for test in tests]
    salts = [layer.salt for layer in layers] + [test.salt for test in tests]
    for what, values in (("name", names), ("salt", salts)):
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise InvalidValueError(f"layers and experiments share the {what} {repeated}; each needs its own")
    owners: dict[str, str] = {}
    for layer in layers:
        for setting in sorted({name for test in layer.experiments for name in test.settings}):
            if owners.setdefault(setting, layer.name) != layer.name:
                raise InvalidValueError(
                    f"layers {owners[setting]!r} and {layer.name!r} both replace {setting!r}; put them in one layer"
                )
