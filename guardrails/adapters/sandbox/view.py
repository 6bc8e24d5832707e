"""What of the disk a run sees: all but the places where people, other runs and other programs keep things."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ALWAYS_HIDDEN = ("/root", "/home", "/tmp", "/var/tmp", "/run", "/mnt", "/media")  # noqa: S108 - named to be hidden
"""Homes, temporary files, the sockets of services (Docker's among them), and what is mounted for somebody."""
_APART = ("/proc", "/dev")
_PARTS = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")


@dataclass(frozen=True, slots=True)
class View:
    """What one run sees. All paths are absolute and without links.

    `hidden` are covered, `reads` and `writes` stand out of them again; `empty` are directories in hidden ones that
    must be there although nothing in them is.
    """

    hidden: tuple[Path, ...]
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    empty: tuple[Path, ...] = ()

    def granted(self) -> tuple[Path, ...]:
        """Every path that may be read, for a backend that cannot hide but only allow."""
        return (*_visible(Path("/"), self.hidden), *self.reads)


def hidden_places(places: Iterable[Path]) -> tuple[Path, ...]:
    """The directories to hide, none inside another: those that hold people's things, and `places`."""
    wanted = {_real(place) for place in (*map(Path, ALWAYS_HIDDEN), *places)}
    there = {place for place in wanted if place.is_dir() and place != Path("/")}
    return tuple(sorted(place for place in there if there.isdisjoint(place.parents)))


def view_of(
    hidden: tuple[Path, ...], repository: Path, program: Path, reads: Sequence[Path], writes: Sequence[Path]
) -> View:
    """What a run of `program` sees."""
    parts, imported = _of_program(program, hidden)
    inside = tuple(place for place in imported if place.is_relative_to(repository))
    outside = tuple(place for place in imported if place not in inside)
    seen = {place for place in (*parts, *outside, *map(_real, reads)) if _is_below(place, hidden)}
    return View(
        hidden,
        tuple(sorted(place for place in seen if seen.isdisjoint(place.parents))),
        tuple(sorted({_real(place) for place in writes})),
        tuple(sorted({repository, *inside})) if _is_below(repository, hidden) else (),
    )


@cache
def _of_program(program: Path, hidden: tuple[Path, ...]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The directories that a program is made of, and those which its `.pth` files import from."""
    real = program.resolve()
    prefix = _prefix(program)
    prefixes = [prefix, _prefix(real), *([home.parent] if (home := _home_of(prefix)) else [])]
    parts = [_real(program.parent) / program.name] if not program.is_symlink() else []
    for one in map(_real, prefixes):
        whole = not any(place == one or one in place.parents for place in hidden)
        parts += [one] if whole else [one / name for name in _PARTS if (one / name).exists()]
    return tuple(dict.fromkeys(parts)), _imported(prefix)


def _prefix(program: Path) -> Path:
    return program.parent.parent if program.parent.name == "bin" else program.parent


def _home_of(prefix: Path) -> Path | None:
    """Where the interpreter that a virtual environment was made from lies."""
    with suppress(OSError, UnicodeDecodeError):
        for line in (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                return Path(value.strip())
    return None


def _imported(prefix: Path) -> tuple[Path, ...]:
    """Directories that `.pth` files name: what is installed in editable form."""
    found = []
    for file in prefix.glob("lib/python3*/site-packages/*.pth"):
        with suppress(OSError, UnicodeDecodeError):
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
            found += [Path(line) for line in lines if line.startswith("/")]
    return tuple(_real(place) for place in found if place.is_dir())


def _visible(directory: Path, hidden: tuple[Path, ...]) -> tuple[Path, ...]:
    """The largest subtrees of a directory without anything hidden in them."""
    if directory in hidden or str(directory) in _APART:
        return ()
    if not any(directory in place.parents for place in hidden):
        return (directory,)
    with suppress(OSError):
        children = [Path(entry.path) for entry in os.scandir(directory) if not entry.is_symlink()]
        return tuple(place for child in sorted(children) for place in _visible(child, hidden))
    return ()


def _is_below(place: Path, hidden: Iterable[Path]) -> bool:
    return any(place.is_relative_to(one) for one in hidden)


def _real(place: Path) -> Path:
    return Path(os.path.realpath(place))
