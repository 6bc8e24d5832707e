"""manifest.json: what the directory holds, and the hash of everything, the manifest's own words included."""

from hashlib import sha256
from typing import Any, Final

import msgspec

from recsys.errors import ArtifactError

SCHEMA_VERSION: Final = 1
"""Of the directory's layout. Raise it when a reader of the old one would misread the new one."""
FILE_NAME: Final = "manifest.json"


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its size in bytes and the SHA-256 of all of them, in hex."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The directory's contents.

    schema: of the layout. model_version: 16 hex digits, the hash of all the other fields, and so of every file.
    feature_schema: `recsys.features.schema.SCHEMA.version` at training. ranker: "forest" or "linear".
    half_life, history_limit: as in `Model`. files: by file name. details: `Published.details`.
    """

    schema: int
    model_version: str
    feature_schema: str
    ranker: str
    half_life: int
    history_limit: int
    files: dict[str, FileEntry]
    details: dict[str, Any]

    def sealed(self) -> "Manifest":
        """Return the same manifest with the model version that belongs to it."""
        return msgspec.structs.replace(self, model_version=self.seal())

    def seal(self) -> str:
        """Return the hash of every field but the model version."""
        words = msgspec.json.encode(msgspec.structs.replace(self, model_version=""), order="sorted")
        return sha256(words).hexdigest()[:16]


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as indented JSON, keys sorted: equal manifests give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2) + b"\n"


def decode(content: bytes, where: str) -> Manifest:
    """Parse and check a manifest. where: its path, for the message.

    Raises `ArtifactError` when it is no JSON object, is of another schema, lacks a field or was edited.
    """
    try:
        schema = msgspec.json.decode(content, type=_SchemaOnly).schema
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{where} is not a manifest ({error}); train and publish the model again") from error
    if schema != SCHEMA_VERSION:
        age = "older" if schema < SCHEMA_VERSION else "newer"
        raise ArtifactError(
            f"{where} has schema {schema}, {age} than the {SCHEMA_VERSION} that this code reads; "
            "train the model with this version of the code"
        )
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ArtifactError(f"{where} is damaged ({error}); train and publish the model again") from error
    if manifest.seal() != manifest.model_version:
        raise ArtifactError(
            f"{where} was changed after it was written: model_version says {manifest.model_version!r}, its contents "
            f"hash to {manifest.seal()!r}; train and publish the model again"
        )
    return manifest


class _SchemaOnly(msgspec.Struct):
    schema: int
