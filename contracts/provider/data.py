"""The small data set that the provider is trained on for the contracts, in the MovieLens CSV format.

It is made here so that the pacts can name tracks and artists: 60 tracks t01 to t60 by six artists, of which t01 is the
most popular, and 40 users. Whatever the service learns from it, everybody may be shown everything.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

ARTISTS = ("amber", "birch", "cedar", "dune", "elm", "fern")
WORDS = ("Night Train", "Harbour Lights", "Paper Moon", "Long Road", "Winter Song")
TRACKS, USERS, PLAYS = 60, 40, 24
EXPERIMENTS = """\
[[layer]]
name = "exploring"
salt = "exploring-1"

[[layer.experiment]]
name = "explore-more"
salt = "explore-more-1"

[[layer.experiment.arm]]
name = "control"

[[layer.experiment.arm]]
name = "more"
overrides = { epsilon = 0.03 }
"""
"""One experiment in which every user is, so that there are exposures to read."""
END, DAY = 1_761_955_200, 86_400  # 2025-11-01


def artist_id(artist: str) -> str:
    """The id that the import gives an artist of this data set (a genre and a decade there)."""
    return f"{artist}-2000s"


def write(directory: Path) -> None:
    """Write movies.csv and ratings.csv into a new directory."""
    directory.mkdir()
    _write(directory / "movies.csv", ("movieId", "title", "genres"), map(_track, range(TRACKS)))
    _write(directory / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), _ratings())


def _track(n: int) -> Sequence[object]:
    return f"t{n + 1:02}", f"{WORDS[n % len(WORDS)]} {n + 1} (2001)", ARTISTS[n % len(ARTISTS)].title()


def _ratings() -> Iterable[Sequence[object]]:
    for user in range(USERS):
        for play in range(PLAYS):
            # Everybody plays t01, not last of all (the newest plays are held out); the rest differs from user to user.
            track = 0 if play == 5 else 1 + (play * play // 12 + (user % 6) * (play % 3)) % (TRACKS - 1)
            yield f"user-{user:02}", f"t{track + 1:02}", 3 + (user + play) % 3, END - DAY * play - user * 60


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
