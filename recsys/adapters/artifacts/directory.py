"""A model directory: written whole, verified to the last byte when read, then memory-mapped."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.adapters.artifacts import codec, manifest
from recsys.adapters.artifacts.files import check_writable, new_directory, sha256_of
from recsys.adapters.artifacts.manifest import FileEntry, Manifest
from recsys.domain.items import Catalogue
from recsys.domain.model import Model
from recsys.domain.published import Published
from recsys.errors import ArtifactError, InvalidValueError
from recsys.features.schema import SCHEMA

Beside: TypeAlias = Callable[[Path, Catalogue, str], None]


@dataclass(frozen=True, slots=True)
class ArtifactDirectory:
    """One place for one published model. `write` and `read` are inverse: scores are bit-equal.

    beside: by file name, what writes a file that follows from the model, and is not part of it: into the path given,
    for the catalogue and the model version. `read` does not look at them; `take` makes its own.
    """

    path: Path
    beside: Mapping[str, Beside] = field(default_factory=dict)

    def load(self) -> Model:
        """Return the published model. Raises `ArtifactError`."""
        return self.read().model

    def manifest(self) -> Manifest:
        """Return the manifest, itself checked, without reading the arrays. Raises `ArtifactError`."""
        where = self.path / manifest.FILE_NAME
        try:
            return manifest.decode(where.read_bytes(), str(where))
        except FileNotFoundError as error:
            what = "holds no manifest.json" if self.path.is_dir() else "does not exist"
            raise ArtifactError(
                f"{self.path} {what}; name a directory that `recsys train --output` has written"
            ) from error
        except OSError as error:
            raise ArtifactError(f"{where} cannot be read: {error.strerror}") from error

    def read(self) -> Published:
        """Verify size and hash of every file and return the model with its arrays memory-mapped.

        Raises `ArtifactError` that names what is missing, truncated, changed, or of another schema.
        """
        held = self.manifest()
        if held.feature_schema != SCHEMA.version:
            raise ArtifactError(
                f"{self.path} was trained on feature schema {held.feature_schema!r}, this code assembles "
                f"{SCHEMA.version!r}; train the model with this version of the code"
            )
        arrays = {name: self._array(held, name) for name in self._names(held)}
        try:
            model = codec.to_model(
                arrays, held.ranker, held.model_version, held.feature_schema, held.half_life, held.history_limit
            )
            return Published(model, codec.to_histories(arrays, model.catalogue.markets), held.details)
        except InvalidValueError as error:
            raise ArtifactError(f"{self.path} holds what does not fit together: {error}") from error

    def write(self, published: Published, replace: bool = False) -> str:
        """Publish, and return the model version: the hash of the contents.

        Either the whole directory is there afterwards or nothing has changed. replace: take the place of an artifact
        that is already there. Raises `ArtifactError` as `check_target` does, and when the disk is full.
        """
        self.check_target(replace)
        model = published.model
        arrays = codec.to_arrays(model, published.histories)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with new_directory(self.path, replace) as scratch:
                files = {_file_name(name): _save(scratch / _file_name(name), array) for name, array in arrays.items()}
                sealed = Manifest(
                    schema=manifest.SCHEMA_VERSION,
                    model_version="",
                    feature_schema=model.schema_version,
                    ranker=codec.ranker_kind(model.scorer),
                    half_life=model.half_life,
                    history_limit=model.history_limit,
                    files=files,
                    details=dict(published.details),
                ).sealed()
                (scratch / manifest.FILE_NAME).write_bytes(manifest.encode(sealed))
                for name, write in self.beside.items():
                    write(scratch / name, model.catalogue, sealed.model_version)
        except OSError as error:
            raise ArtifactError(f"{self.path} cannot be written: {error.strerror or error}") from error
        return sealed.model_version

    def take(self, source: "ArtifactDirectory") -> str:
        """Publish a copy of another directory's model here, and return its version.

        A model that is here is replaced in one step, after source and copy were verified. Raises `ArtifactError` for
        what is wrong with either, and then nothing has changed.
        """
        self.check_target(replace=True)
        source.read()
        held = source.manifest()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with new_directory(self.path, replace=True) as scratch:
                for name in (*held.files, manifest.FILE_NAME):
                    shutil.copyfile(source.path / name, scratch / name)
                catalogue = ArtifactDirectory(scratch).read().model.catalogue
                for name, write in self.beside.items():
                    write(scratch / name, catalogue, held.model_version)
        except OSError as error:
            raise ArtifactError(f"{self.path} cannot be written: {error.strerror or error}") from error
        return held.model_version

    def stamp(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return what differs once another model was published here, or more of it was copied, without reading it."""
        try:
            found = [(path.name, path.stat()) for path in sorted(self.path.iterdir())]
        except OSError:
            return ()
        return tuple((name, told.st_ino, told.st_mtime_ns, told.st_size) for name, told in found)

    def check_target(self, replace: bool = False) -> None:
        """Raise `ArtifactError` when `write` would surely fail: asked before long work, and again by `write`.

        A directory that is not empty is only ever replaced when it holds a manifest, so that nothing else is lost.
        """
        try:
            # What does not exist yet above the artifact is made by `write`.
            nearest = next((at for at in self.path.parents if at.exists() or at.is_symlink()), self.path)
            self._check_place(nearest, replace)
            check_writable(nearest)
        except OSError as error:
            raise ArtifactError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _check_place(self, nearest: Path, replace: bool) -> None:
        if not nearest.is_dir():
            raise ArtifactError(f"{nearest} is not a directory; give another --output")
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise ArtifactError(f"{self.path} is not a directory; give another --output")
        if self.path.is_dir() and any(self.path.iterdir()):
            if not (self.path / manifest.FILE_NAME).is_file():
                raise ArtifactError(f"{self.path} holds other files and no model; give another --output")
            if not replace:
                raise ArtifactError(f"{self.path} already holds a model; add --force to replace it")

    def _names(self, held: Manifest) -> tuple[str, ...]:
        if held.ranker not in codec.RANKER_NAMES:
            raise ArtifactError(f"{self.path} has a ranker of the kind {held.ranker!r}; this code knows forest, linear")
        return codec.NAMES + codec.RANKER_NAMES[held.ranker]

    def _array(self, held: Manifest, name: str) -> NDArray[Any]:
        entry, path = held.files.get(_file_name(name)), self.path / _file_name(name)
        if entry is None:
            raise ArtifactError(f"the manifest of {self.path} does not list {path.name}; publish the model again")
        try:
            _verify(path, entry)
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError as error:
            raise ArtifactError(f"{path} is missing; publish the model again") from error
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path} cannot be read: {error}") from error
        return array


def _file_name(name: str) -> str:
    return f"{name}.npy"


def _save(path: Path, array: NDArray[Any]) -> FileEntry:
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    return FileEntry(bytes=path.stat().st_size, sha256=sha256_of(path))


def _verify(path: Path, entry: FileEntry) -> None:
    size = path.stat().st_size
    if size != entry.bytes:
        state = "truncated" if size < entry.bytes else "too long"
        raise ArtifactError(
            f"{path} is {state}: {size} bytes, the manifest says {entry.bytes}; publish the model again"
        )
    found = sha256_of(path)
    if found != entry.sha256:
        raise ArtifactError(
            f"{path} was changed after it was written: SHA-256 {found[:12]}…, the manifest says {entry.sha256[:12]}…; "
            "publish the model again"
        )
