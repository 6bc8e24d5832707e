"""The search index beside a model: what is served from it is what was built, and what cannot be used is built anew."""

import logging
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recsys import bootstrap
from recsys.adapters import search_file
from recsys.adapters.artifacts.directory import ArtifactDirectory
from recsys.adapters.search import TantivySearch
from recsys.domain.items import Catalogue
from recsys.errors import ArtifactError
from recsys.settings import ServeSettings
from tests.recsys_fakes import Track, make_catalogue
from tests.recsys_worlds import small_published

TITLES = ("Love", "Love Me Do", "Do Me", "Something", "Love")
QUERIES = ("love", "do me", "something", "absent", "a")
VERSION = "0123456789abcdef"


def catalogue(titles: tuple[str, ...] = TITLES) -> Catalogue:
    tracks = [Track(f"t{row}", artist=f"a{row % 2}") for row in range(len(titles))]
    return replace(make_catalogue(tracks), titles=titles)


def answers(search: TantivySearch, tracks: int = len(TITLES)) -> list[list[int]]:
    allowed = np.ones(tracks, dtype=np.bool_)
    return [search.search(query, 3, allowed).tolist() for query in QUERIES]


BUILT = answers(TantivySearch(catalogue()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "search.index"
    search_file.write(path, catalogue(), VERSION)
    return path


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_index_from_the_file_answers_as_one_that_was_built(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    # The catalogue that it is read for has other titles: so the answers can only come from the file.
    others = catalogue(("x",) * len(TITLES))
    assert answers(search_file.read(file, others, VERSION)) == BUILT != answers(TantivySearch(others))
    assert warnings(caplog) == []


def test_reading_leaves_nothing_behind_and_needs_nothing_but_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    search = search_file.read(file, catalogue(), VERSION)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch", "search.index"]
    assert list(scratch.iterdir()) == []
    file.unlink()
    assert answers(search) == BUILT


def test_a_missing_file_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert answers(search_file.read(tmp_path / "search.index", catalogue(), VERSION)) == BUILT
    assert warnings(caplog) == []


def test_a_file_of_another_model_is_not_used(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    others = catalogue(TITLES[::-1])
    assert answers(search_file.read(file, others, "f" * 16)) == answers(TantivySearch(others))
    assert "of the model '0123456789abcdef', not of 'ffffffffffffffff'" in warnings(caplog)[0]


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_changed_byte_is_found(file: Path, place: int, caplog: pytest.LogCaptureFixture) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert answers(search_file.read(file, catalogue(), VERSION)) == BUILT
    assert "do not match its SHA-256" in warnings(caplog)[0]


def test_half_a_file_is_found(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    assert answers(search_file.read(file, catalogue(), VERSION)) == BUILT
    assert "do not match its SHA-256" in warnings(caplog)[0]


def test_an_index_that_other_code_made_is_not_used(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    others = catalogue(TITLES[::-1])
    monkeypatch.setattr(search_file, "_made_by", lambda: ("another library",))
    assert answers(search_file.read(file, others, VERSION)) == answers(TantivySearch(others))
    assert "made by other code" in warnings(caplog)[0]


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (msgspec.msgpack.encode(["no", "index"]), "another format"),
        (msgspec.msgpack.encode([search_file._made_by(), VERSION, {"../outside": b""}]), "names the file '../outside'"),
        (msgspec.msgpack.encode([search_file._made_by(), VERSION, {"meta.json": b"{}"}]), "meta"),
    ],
)
def test_contents_that_are_no_index_are_not_used(
    file: Path, held: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(sha256(held).digest() + held)
    assert answers(search_file.read(file, catalogue(), VERSION)) == BUILT
    assert why in warnings(caplog)[0]


def test_no_place_to_unpack_it_is_no_reason_not_to_serve(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    assert answers(search_file.read(file, catalogue(), VERSION)) == BUILT
    assert "built anew" in warnings(caplog)[0]


def test_publishing_writes_it_and_serving_reads_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    published, path = small_published(), tmp_path / "model"
    version = bootstrap.artifact_directory(path).write(published)
    assert (path / "search.index").is_file()
    assert [name.name for name in path.iterdir() if name.is_dir()] == []
    with caplog.at_level(logging.INFO):
        loaded = bootstrap.loaded(ServeSettings(artifact=path))
    assert loaded.published.model.version == version
    assert [record for record in caplog.records if record.name == search_file.__name__] == []


def test_the_model_version_does_not_depend_on_it(tmp_path: Path) -> None:
    one = bootstrap.artifact_directory(tmp_path / "one").write(small_published())
    assert one == ArtifactDirectory(tmp_path / "two").write(small_published())


@pytest.mark.parametrize("there", [None, b"made by an older version of the code"])
def test_a_copy_of_a_model_has_one_of_this_code(tmp_path: Path, there: bytes | None) -> None:
    source = tmp_path / "source"
    version = ArtifactDirectory(source).write(small_published())
    if there is not None:
        (source / "search.index").write_bytes(there)
    bootstrap.artifact_directory(tmp_path / "copy").take(ArtifactDirectory(source))
    assert search_file._checked(tmp_path / "copy" / "search.index", version)


def test_an_index_that_cannot_be_built_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(search_file, "write", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        bootstrap.artifact_directory(tmp_path / "model").write(small_published())
    assert list(tmp_path.iterdir()) == []


def test_another_model_brings_its_own_index(tmp_path: Path) -> None:
    published, path = small_published(), tmp_path / "model"
    bootstrap.artifact_directory(path).write(published)
    settings = ServeSettings(artifact=path, state=tmp_path / "state")
    allowed = np.ones(published.model.catalogue.size, dtype=np.bool_)
    renamed = replace(published.model.catalogue, titles=("unheard of",) * published.model.catalogue.size)
    with closing(bootstrap.production(settings)) as outside:
        assert not outside.search.search("unheard of", 3, allowed).size
        other = replace(published, model=replace(published.model, catalogue=renamed))
        bootstrap.artifact_directory(path).write(other, replace=True)
        fresh = bootstrap.renewed(settings, outside)
        assert fresh is not None
        assert fresh.search.search("unheard of", 3, allowed).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("where", "what"), [("tantivy.__version__", "0"), ("unicodedata.unidata_version", "1"), ("code", "")]
)
def test_what_made_it_is_the_library_unicode_and_our_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str, what: str
) -> None:
    before = search_file._made_by()
    if where == "code":
        (tmp_path / "search.py").write_text("# other code")
        monkeypatch.setattr(search_file.search, "__file__", str(tmp_path / "search.py"))
    else:
        monkeypatch.setattr(where, what)
    assert search_file._made_by.__wrapped__() != before
