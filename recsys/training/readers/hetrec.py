"""The Last.fm data set of HetRec 2011: who listened to which artist how often, without time.

Source: Cantador, Brusilovsky, Kuflik 2011, and its readme. Artists stand in for tracks, each by itself:

| HetRec | here |
|---|---|
| artistID, userID | track id, user id, unchanged |
| name | title, and the artist's name; "Artist 17" where it or the artist's row is missing |
| a weight (listens) of at least the user's mean | a like |
| a lower positive weight | a listen |
| a weight of 0 or less | a row that cannot be used |
| nothing | time: the order of a user's events is drawn, so what is held out is a random part |
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys.domain.events import Kind
from recsys.training.dataset import Dataset
from recsys.training.readers.gather import Import, is_id, number_of, numbered
from recsys.training.readers.plays import Plays
from recsys.training.readers.reader import ReadOptions
from recsys.training.readers.text import Layout
from recsys.training.readers.things import Thing

ARTISTS: Final = "artists.dat"
LISTENS: Final = "user_artists.dat"
ARTIST_LAYOUT: Final = Layout(("id", "name", "url", "pictureURL"), "\t", quoted=False, latin=True)
LISTEN_LAYOUT: Final = Layout(("userID", "artistID", "weight"), "\t", quoted=False, latin=True)


@dataclass(frozen=True, slots=True)
class HetRecLastFm:
    """Reads artists.dat and user_artists.dat of one directory."""

    name: str = "hetrec-lastfm"
    summary: str = "a directory with user_artists.dat and artists.dat (HetRec 2011); artists are what is recommended"

    def recognises(self, path: Path) -> bool:
        """Whether the listens are there; the artists may be missing."""
        return (path / LISTENS).is_file()

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Return the dataset. Rows that cannot be used are left out and counted."""
        ongoing = Import(self.name, options)
        about, heard = path / ARTISTS, path / LISTENS
        things = _artists(ongoing, about) if about.is_file() else {}
        plays = Plays(numbered(things), growing=True)
        for (user, artist), weight, least in _with_means(_weights(ongoing, heard)):
            plays.add(user, artist, Kind.LIKE if weight >= least else Kind.LISTEN, 0)
        things |= {key: _artist(key, "") for key in ongoing.without_row(plays, things, about, heard)}
        plays.sort_items()
        ordered = {key: things[key] for key in plays.items}
        return ongoing.dataset(plays, lambda _days: ordered, heard, timed=False)


def _artists(ongoing: Import, path: Path) -> dict[str, Thing]:
    things: dict[str, Thing] = {}
    for line, (key, name, _url, _picture) in ongoing.table(path, ARTIST_LAYOUT):
        if not key or key in things:
            ongoing.bad.add(path, line, f"id {key!r} comes a second time" if key else "id is empty")
        else:
            things[key] = _artist(key, name)
    return things


def _artist(key: str, name: str) -> Thing:
    shown = name or f"Artist {key}"
    return Thing(shown, key, shown)


def _weights(ongoing: Import, path: Path) -> dict[tuple[str, str], float]:
    """Return the listens by user and artist; a pair that comes again adds up."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for line, (user, artist, weight) in ongoing.table(path, LISTEN_LAYOUT):
        value = number_of(weight)
        if not user or not is_id(artist):
            ongoing.bad.add(path, line, f"artistID {artist[:40]!r} is no id" if user else "userID is empty")
        elif value is None or value <= 0:
            ongoing.bad.add(path, line, f"weight {weight!r} is not a number above 0")
        else:
            found[user, artist] += value
    return found


def _with_means(weights: dict[tuple[str, str], float]) -> list[tuple[tuple[str, str], float, float]]:
    """Return each pair with its weight and the mean of its user's weights."""
    sums: dict[str, list[float]] = defaultdict(list)
    for (user, _), weight in weights.items():
        sums[user].append(weight)
    means = {user: sum(values) / len(values) for user, values in sums.items()}
    return [(pair, weight, means[pair[0]]) for pair, weight in weights.items()]
