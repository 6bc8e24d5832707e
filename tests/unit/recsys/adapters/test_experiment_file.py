"""The file of experiments: what it says, and every way in which it can be wrong."""

import textwrap
from pathlib import Path

import pytest

from recsys.adapters import experiments
from recsys.adapters.experiments import read_experiments
from recsys.errors import InvalidValueError
from recsys.experiments.definitions import Arm, Experiment, Layer

HEAD = """
[[layer]]
name = "l"
salt = "s"
[[layer.experiment]]
name = "e"
salt = "t"
"""
ARM = """
[[layer.experiment.arm]]
name = "a"
"""


def read(tmp_path: Path, text: str) -> tuple[Layer, ...]:
    path = tmp_path / "experiments.toml"
    path.write_text(text)
    return read_experiments(path)


def test_the_example_of_the_module_is_read(tmp_path: Path) -> None:
    assert experiments.__doc__ is not None
    example = textwrap.dedent(experiments.__doc__.partition("\n\n")[2].rpartition("\n\n")[0])
    arms = (Arm("control"), Arm("more", overrides={"epsilon": 0.05}))
    test = Experiment("explore-more", "explore-more-1", arms, 0, 5_000)
    assert read(tmp_path, example) == (Layer("exploring", "exploring-1", (test,)),)


def test_a_whole_number_stays_one(tmp_path: Path) -> None:
    (layer,) = read(tmp_path, HEAD + ARM + "overrides = { artist_cap = 3 }")
    assert layer.experiments[0].arms[0].overrides == {"artist_cap": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[layer", "cannot be used"),
        ("", "layer"),
        (HEAD, "arm"),
        (HEAD + ARM + "colour = 1", "colour"),
        (HEAD + ARM + "weight = 0", "weight 0"),
        (HEAD + ARM + "overrides = { speed = 1 }", "speed"),
        (HEAD + ARM + "overrides = { epsilon = 2.0 }", "epsilon is 2.0"),
        (HEAD + ARM + ARM, "its own name"),
        (HEAD + "stop = 10_001" + ARM, "10001"),
        (HEAD + ARM + HEAD + ARM, "share the name"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said) as raised:
        read(tmp_path, text)
    assert "experiments.toml" in str(raised.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="No such file"):
        read_experiments(tmp_path / "none.toml")
