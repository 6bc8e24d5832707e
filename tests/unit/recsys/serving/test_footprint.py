"""What workers share: the model that was loaded before they were forked, unless another is published by then."""

from dataclasses import replace
from pathlib import Path

import pytest

from recsys.bootstrap import artifact_directory, loaded, production
from recsys.settings import ServeSettings
from tests.recsys_worlds import small_published


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    place = tmp_path / "model"
    artifact_directory(place).write(small_published())
    return ServeSettings(artifact=place)


def test_what_was_loaded_before_the_fork_is_served(settings: ServeSettings) -> None:
    before = loaded(settings)
    outside = production(settings, 1, before)
    assert outside.published is before.published
    assert outside.search is before.search
    outside.close()


def test_a_model_that_is_published_in_between_is_not_missed(settings: ServeSettings) -> None:
    before = loaded(settings)
    old = before.published
    fresh = replace(old, model=replace(old.model, half_life=old.model.half_life + 1))
    version = artifact_directory(settings.artifact).write(fresh, replace=True)
    outside = production(settings, 1, before)
    assert outside.published.model.version == version != old.model.version
    assert outside.search is not before.search
    outside.close()
