"""The search index as one file beside the model: built when a model is published, opened when it is served.

The index follows from the catalogue, so the model version does not cover it: its bytes differ from one build to the
next. A file that is missing, damaged, of another model, or made by other code is not used, and the index is built anew.
"""

import logging
import unicodedata
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import tantivy

from recsys.adapters import search
from recsys.adapters.search import TantivySearch
from recsys.domain.items import Catalogue
from recsys.errors import ArtifactError

LOG: Final = logging.getLogger(__name__)
DIGEST_BYTES: Final = 32


class _File(msgspec.Struct, frozen=True, array_like=True):
    """What follows the SHA-256 of itself in the file. files: the index's own, by name."""

    made_by: tuple[str, ...]
    model_version: str
    files: dict[str, bytes]


def write(path: Path, catalogue: Catalogue, model_version: str) -> None:
    """Build the index of a catalogue and write it to a file. Raises `OSError` or `ArtifactError`."""
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        search.indexed(catalogue, Path(scratch))
        files = {file.name: file.read_bytes() for file in Path(scratch).iterdir() if not file.name.endswith(".lock")}
    held = msgspec.msgpack.encode(_File(_made_by(), model_version, files))
    path.write_bytes(sha256(held).digest() + held)


def read(path: Path, catalogue: Catalogue, model_version: str) -> TantivySearch:
    """Return the search over a catalogue, from the file where it can be used."""
    if not path.is_file():
        LOG.info("%s is not there: the search index is built", path)
        return TantivySearch(catalogue)
    try:
        return TantivySearch(catalogue, _opened(_checked(path, model_version)))
    except (OSError, ValueError, ArtifactError) as error:
        LOG.warning("%s is not used, and the search index built anew: %s", path, error)
        return TantivySearch(catalogue)


def _checked(path: Path, model_version: str) -> dict[str, bytes]:
    content = path.read_bytes()
    digest, held = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if sha256(held).digest() != digest:
        raise ArtifactError("its contents do not match its SHA-256; publish the model again")
    try:
        found = msgspec.msgpack.decode(held, type=_File)
    except msgspec.DecodeError as error:
        raise ArtifactError(f"it is of another format ({error})") from error
    if found.model_version != model_version:
        raise ArtifactError(f"it is of the model {found.model_version!r}, not of {model_version!r}")
    if found.made_by != _made_by():
        raise ArtifactError("it was made by other code, or by another version of the search library")
    return found.files


def _opened(files: dict[str, bytes]) -> tantivy.Searcher:
    """Open the index from a directory of ours, which is gone afterwards: the files stay mapped.

    So the directory of the model is never written to, and what is served is what was checked.
    """
    with TemporaryDirectory(prefix="recsys-search-") as scratch:
        for name, content in files.items():
            if Path(name).name != name:
                raise ArtifactError(f"it names the file {name!r}")
            (Path(scratch) / name).write_bytes(content)
        index = tantivy.Index.open(scratch)
        index.config_reader(reload_policy="manual", num_warmers=0)  # without a thread that watches for changes
        return search.searcher_of(index)


@cache
def _made_by() -> tuple[str, ...]:
    """What the index depends on beside the catalogue: the library, how Unicode is folded, and our code."""
    library = tantivy.__version__  # type: ignore[attr-defined]  # the stub leaves it out
    return (library, unicodedata.unidata_version, sha256(Path(search.__file__).read_bytes()).hexdigest())
