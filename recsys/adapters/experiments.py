"""Experiments in a TOML file, read once at start.

    [[layer]]
    name = "exploring"
    salt = "exploring-1"

    [[layer.experiment]]
    name = "explore-more"
    salt = "explore-more-1"
    start = 0        # buckets of the layer, of 10,000
    stop = 5_000

    [[layer.experiment.arm]]
    name = "control"

    [[layer.experiment.arm]]
    name = "more"
    overrides = { epsilon = 0.05 }

Names, buckets and settings: `recsys.experiments.definitions`.
"""

from pathlib import Path

import msgspec

from recsys.errors import InvalidValueError
from recsys.experiments.definitions import BUCKETS, Arm, Experiment, Layer, check_layers


class _Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    weight: int = 1
    overrides: dict[str, int | float] = {}


class _Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    salt: str
    arm: list[_Arm]
    start: int = 0
    stop: int = BUCKETS


class _Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    salt: str
    experiment: list[_Experiment]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layer: list[_Layer]


def read_experiments(path: Path) -> tuple[Layer, ...]:
    """Return the layers. Raises `InvalidValueError` for a file that cannot be read or that makes no sense."""
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=_File)
        layers = tuple(_layer(layer) for layer in file.layer)
        check_layers(layers)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, InvalidValueError) as error:
        raise InvalidValueError(f"experiment file {path} cannot be used: {error}") from error
    return layers


def _layer(layer: _Layer) -> Layer:
    return Layer(layer.name, layer.salt, tuple(_experiment(experiment) for experiment in layer.experiment))


def _experiment(experiment: _Experiment) -> Experiment:
    arms = tuple(Arm(arm.name, arm.weight, arm.overrides) for arm in experiment.arm)
    return Experiment(experiment.name, experiment.salt, arms, experiment.start, experiment.stop)
