"""Files that `guardrails init` would like there to be, and how they get there: new ones only, all of them or none."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from guardrails.errors import UsageError


@dataclass(frozen=True, slots=True)
class Planned:
    """One file: where it goes, what it holds, and why it is left alone, if it is. `hint` says what to do by hand."""

    path: str
    text: str
    kept: str = ""
    hint: str = ""


def planned(root: Path, path: str, text: str, hint: str = "") -> Planned:
    """What becomes of a file: written where there is none, left alone where there is one, link or not.

    Raises:
        UsageError: a directory on the way is a file, or a link that leads out of the repository.
    """
    target = root / path
    _check_parents(root, target)
    if not os.path.lexists(target):
        return Planned(path, text)
    try:
        same = target.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        same = False
    return Planned(path, text, "as it would be written" if same else "it exists", "" if same else hint)


def require_writable(root: Path) -> None:
    """Refuse a directory in which nothing can be written, before anything else takes its time.

    Raises:
        UsageError: it cannot be written.
    """
    if not os.access(root, os.W_OK | os.X_OK):
        raise UsageError(f"{root} cannot be written. Run this as its owner, or in a clone of your own.")


def _check_parents(root: Path, target: Path) -> None:
    for parent in reversed(target.relative_to(root).parents):
        place = root / parent
        if os.path.lexists(place) and not place.is_dir():
            raise UsageError(f"{place} is not a directory, so {target} cannot be written. Move it away.")
        if not place.resolve().is_relative_to(root.resolve()):
            raise UsageError(f"{place} leads out of the repository, so nothing is written there. Replace the link.")


def write(root: Path, files: Iterable[Planned]) -> tuple[str, ...]:
    """Write what is not kept, and give the paths. Where one cannot be written, none is.

    Raises:
        UsageError: a file cannot be written, or has come into being meanwhile.
    """
    done: list[Path] = []
    try:
        for file in (one for one in files if not one.kept):
            target = root / file.path
            _make_directory(root, target.parent, done)
            with target.open("x", encoding="utf-8") as out:
                done.append(target)
                out.write(file.text)
    except OSError as error:
        _take_back(done)
        words = error.strerror or str(error)
        raise UsageError(
            f"{error.filename or root} cannot be written: {words}. Nothing was left behind; correct that, then run "
            "guardrails init again."
        ) from error
    return tuple(str(path.relative_to(root)) for path in done if not path.is_dir())


def replace(root: Path, path: str, text: str) -> None:
    """Put another text into a file that is there, whole or not at all.

    Raises:
        UsageError: it cannot be written, or is a link.
    """
    target = root / path
    passing = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.is_symlink():
            raise UsageError(f"{target} is a symbolic link, so it is left alone. Replace it by a file.")
        passing.write_text(text, encoding="utf-8")
        passing.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}. It is as it was.") from error
    finally:
        passing.unlink(missing_ok=True)


def _make_directory(root: Path, directory: Path, done: list[Path]) -> None:
    missing = [place for place in (directory, *directory.parents) if place.is_relative_to(root) and not place.exists()]
    for place in reversed(missing):
        place.mkdir()
        done.append(place)


def _take_back(done: Sequence[Path]) -> None:
    for path in reversed(done):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
