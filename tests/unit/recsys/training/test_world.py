"""The synthetic world: equal seeds give equal bytes, and nothing in it is against its own rules."""

import subprocess
import sys

import numpy as np
import pytest

from recsys.domain.events import Kind
from recsys.domain.histories import ALLOWS
from recsys.domain.items import SECONDS_A_DAY
from recsys.training.errors import DatasetError
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.people import make_people
from recsys.training.world.tracks import make_tracks
from recsys.training.world.world import make_world
from tests.recsys_worlds import SMALL_WORLD, small_world

DIGEST = (
    "from recsys.training.world.world import make_world; from tests.recsys_worlds import SMALL_WORLD; "
    "print(make_world(SMALL_WORLD).digest())"
)


def test_the_same_seed_gives_the_same_bytes_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    other = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == small_world().digest()


def test_another_seed_gives_another_world() -> None:
    assert make_world(WorldParameters(users=120, tracks=200, seed=12)).digest() != small_world().digest()


def test_every_play_is_released_licensed_and_allowed() -> None:
    world = small_world()
    events, catalogue, histories = world.histories.events, world.catalogue, world.histories
    plays = np.flatnonzero((events.tracks >= 0) & (events.kinds != Kind.BLOCK))
    tracks, owner = events.tracks[plays], histories.owner()[plays]
    assert (catalogue.released[tracks] <= events.times[plays] // SECONDS_A_DAY).all()
    assert ((catalogue.licensed[tracks] >> histories.market[owner].astype(np.uint64)) & np.uint64(1) == 1).all()
    assert (~catalogue.explicit[tracks] | (histories.allow_explicit[owner] == ALLOWS)).all()
    assert events.times.min() >= SMALL_WORLD.start
    assert events.times.max() < SMALL_WORLD.end


def test_the_world_has_what_a_service_has() -> None:
    world = make_world(WorldParameters(users=300, tracks=800, seed=3))
    counts, catalogue = world.counts(), world.catalogue
    assert all(int(str(counts[name])) > 0 for name in ("listens", "skips", "likes", "blocks"))
    listens = world.histories.events.kinds == Kind.LISTEN
    short = world.histories.events.ms_played[listens] < 30_000
    assert 0.01 < short.mean() < 0.1, "some plays end early without a skip"
    assert len(catalogue.markets) >= 4
    assert 0.05 < catalogue.explicit.mean() < 0.6
    assert (catalogue.released > SMALL_WORLD.end_day).any(), "some tracks are scheduled"
    assert (catalogue.released > SMALL_WORLD.end_day - 60).mean() > 0.02, "some are new"
    everywhere = (1 << len(catalogue.markets)) - 1
    assert (catalogue.licensed != everywhere).any()
    assert (world.histories.events.artists >= 0).any(), "some artists are blocked"


def test_few_tracks_take_most_of_the_plays() -> None:
    events = small_world().histories.events
    plays = np.sort(np.bincount(events.tracks[events.kinds == Kind.LISTEN], minlength=200))[::-1]
    assert plays[:20].sum() > 0.25 * plays.sum()


def test_alternative_releases_share_a_recording_and_an_artist() -> None:
    catalogue = small_world().catalogue
    others = np.flatnonzero(catalogue.recording != np.arange(catalogue.size))
    originals = catalogue.recording[others]
    assert others.size
    assert (catalogue.artist[others] == catalogue.artist[originals]).all()
    assert (catalogue.recording[originals] == originals).all()
    assert all(catalogue.titles[row].startswith(catalogue.titles[catalogue.recording[row]]) for row in others.tolist())


def test_taste_drifts() -> None:
    people = make_people(SMALL_WORLD, make_tracks(SMALL_WORLD))
    cosine = (people.taste_first * people.taste_last).sum(axis=1)
    assert 0.5 < cosine.mean() < 0.999


@pytest.mark.parametrize(("users", "tracks", "days"), [(1, 1, 1), (1, 50, 3), (40, 1, 30)])
def test_the_smallest_worlds_can_be_made(users: int, tracks: int, days: int) -> None:
    world = make_world(WorldParameters(users=users, tracks=tracks, days=days))
    assert world.catalogue.size == tracks
    assert world.histories.size == users


@pytest.mark.parametrize(
    "wrong", [{"users": -1}, {"tracks": 0}, {"days": 0}, {"seed": -1}, {"end": 0}, {"users": 10**9}]
)
def test_parameters_out_of_range_are_refused_by_name(wrong: dict[str, int]) -> None:
    with pytest.raises(DatasetError, match=next(iter(wrong))):
        WorldParameters(**wrong)
