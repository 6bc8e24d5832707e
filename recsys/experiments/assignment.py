"""Who is in which arm: a pure function of the unit and the salts, so that it is sticky without a store."""

from collections.abc import Mapping, Sequence

from recsys.domain.chance import below, hash64
from recsys.domain.config import Config
from recsys.experiments.definitions import BUCKETS, Arm, Experiment, Layer


def bucket(unit: str, salt: str, buckets: int = BUCKETS) -> int:
    """Return the bucket of a unit (a user id) in [0, buckets): uniform, and independent across salts."""
    return below(hash64("bucket", salt, unit), buckets)


def assign(unit: str, layers: Sequence[Layer]) -> Mapping[str, str]:
    """Return experiment name to arm name, for the experiments that the unit is in."""
    return {test.name: arm.name for test, arm in _arms(unit, layers)}


def configured(config: Config, unit: str, layers: Sequence[Layer]) -> Config:
    """Return the settings with the overrides of the unit's arms. Without layers, the settings themselves."""
    overrides = {name: value for _, arm in _arms(unit, layers) for name, value in arm.overrides.items()}
    return config.replaced(overrides) if overrides else config


def _arms(unit: str, layers: Sequence[Layer]) -> list[tuple[Experiment, Arm]]:
    found = []
    for layer in layers:
        place = bucket(unit, layer.salt)
        found += [(test, _arm(unit, test)) for test in layer.experiments if test.start <= place < test.stop]
    return found


def _arm(unit: str, test: Experiment) -> Arm:
    place = bucket(unit, test.salt, sum(arm.weight for arm in test.arms))
    for arm in test.arms:
        place -= arm.weight
        if place < 0:
            return arm
    raise AssertionError("a bucket lies below the sum of the weights")
