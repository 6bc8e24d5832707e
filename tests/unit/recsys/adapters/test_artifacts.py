"""A model directory: what is written is what is read, to the bit, and nothing else is ever taken for it."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.adapters.artifacts import directory, files, manifest
from recsys.adapters.artifacts.codec import NAMES, RANKER_NAMES, to_arrays
from recsys.adapters.artifacts.directory import ArtifactDirectory
from recsys.domain.published import Published
from recsys.errors import ArtifactError
from recsys.features.schema import SCHEMA
from recsys.pipeline import Engine, recommend
from recsys.training.fit.parts import linear_scorer
from recsys.training.states import no_policy, query_at, state_at
from tests.recsys_worlds import small_published, world_now

FILES = [f"{name}.npy" for name in (*NAMES, *RANKER_NAMES["forest"])]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory. Read only: a test that changes one copies it."""
    path = tmp_path_factory.mktemp("artifact") / "model"
    ArtifactDirectory(path).write(small_published())
    return path


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    target = tmp_path / "model"
    target.mkdir()
    for path in written.iterdir():
        os.link(path, target / path.name)
    return target


def rewrite(path: Path, content: bytes) -> None:
    """Replace a file of a hard-linked copy, and only there."""
    path.unlink()
    path.write_bytes(content)


def slates(published: Published) -> list[tuple[bytes, bytes]]:
    engine, found = Engine(published.model), []
    for row in range(0, published.histories.size, 7):
        user = state_at(published.histories, row, world_now())
        slate = recommend(engine, query_at(user, world_now(), 20), user, no_policy(published.model)).slate
        found.append((slate.slots.tobytes(), slate.scores.tobytes()))
    return found


def test_round_trip_scores_are_bit_equal(written: Path) -> None:
    assert slates(ArtifactDirectory(written).read()) == slates(small_published())


def test_round_trip_every_array_and_setting_is_equal(written: Path) -> None:
    original, read = small_published(), ArtifactDirectory(written).read()
    mine, theirs = (to_arrays(each.model, each.histories) for each in (original, read))
    assert mine.keys() == theirs.keys() == {name.removesuffix(".npy") for name in FILES}
    for name, array in mine.items():
        assert theirs[name].dtype == array.dtype, name
        np.testing.assert_array_equal(theirs[name], array, name)
    assert (read.model.half_life, read.model.history_limit) == (original.model.half_life, original.model.history_limit)
    assert read.details == original.details
    assert ArtifactDirectory(written).load().version == read.model.version


def test_a_linear_scorer_makes_the_round_trip(tmp_path: Path) -> None:
    linear = replace(small_published(), model=replace(small_published().model, scorer=linear_scorer()))
    target = ArtifactDirectory(tmp_path / "model")
    target.write(linear)
    assert target.read().model.scorer == linear_scorer()
    assert slates(target.read()) == slates(linear)


def test_equal_contents_give_equal_bytes_and_one_version(written: Path, tmp_path: Path) -> None:
    again = ArtifactDirectory(tmp_path / "again")
    version = again.write(small_published())
    assert version == ArtifactDirectory(written).read().model.version
    for path in written.iterdir():
        assert (again.path / path.name).read_bytes() == path.read_bytes(), path.name


def test_other_contents_give_another_version(written: Path, tmp_path: Path) -> None:
    other = replace(small_published(), model=replace(small_published().model, half_life=86_400))
    assert ArtifactDirectory(tmp_path / "other").write(other) != ArtifactDirectory(written).read().model.version


def test_arrays_are_memory_mapped_and_read_only(written: Path) -> None:
    model = ArtifactDirectory(written).read().model
    for array in (model.item_item.weights, model.popular_order, model.embeddings):
        assert not array.flags.writeable
        base: Any = array
        while base is not None and not isinstance(base, np.memmap):
            base = base.base
        assert isinstance(base, np.memmap)


def test_no_file_needs_pickle(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted([*FILES, "manifest.json"])
    for name in FILES:
        np.load(written / name, allow_pickle=False)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name} is missing"):
        ArtifactDirectory(copy).read()


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    rewrite(copy / name, content[:-1])
    with pytest.raises(ArtifactError, match=f"{name} is truncated: {len(content) - 1} bytes"):
        ArtifactDirectory(copy).read()


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[-1] ^= 1
    rewrite(copy / name, bytes(content))
    with pytest.raises(ArtifactError, match=f"{name} was changed"):
        ArtifactDirectory(copy).read()


def edit(copy: Path, change: Callable[[dict[str, Any]], object], seal: bool = False) -> None:
    """Change the manifest; seal: as somebody would who also repairs its hash."""
    words = json.loads((copy / "manifest.json").read_bytes())
    change(words)
    rewrite(copy / "manifest.json", json.dumps(words).encode())
    if seal:
        held = manifest.msgspec.json.decode((copy / "manifest.json").read_bytes(), type=manifest.Manifest)
        (copy / "manifest.json").write_bytes(manifest.encode(held.sealed()))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda words: words.update(schema=0), "has schema 0, older than the 1"),
        (lambda words: words.update(schema=99), "has schema 99, newer than the 1"),
        (lambda words: words.update(model_version="0" * 16), "was changed after it was written"),
        (lambda words: words.update(half_life=1), "was changed after it was written"),
        (lambda words: words["details"].update(seed=1), "was changed after it was written"),
        (lambda words: words.pop("files"), "is damaged"),
        (lambda words: words.update(extra=1), "is damaged"),
    ],
    ids=["older", "newer", "version", "setting", "details", "field missing", "field unknown"],
)
def test_an_edited_manifest_is_refused(copy: Path, change: Callable[[dict[str, Any]], object], why: str) -> None:
    edit(copy, change)
    with pytest.raises(ArtifactError, match=why):
        ArtifactDirectory(copy).read()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda words: words.update(feature_schema="feedc0de"), "trained on feature schema 'feedc0de'"),
        (lambda words: words["files"].pop("model.trend.npy"), "does not list model.trend.npy"),
        (lambda words: words.update(ranker="oracle"), "ranker of the kind 'oracle'"),
        (lambda words: words.update(half_life=-5), "does not fit together"),
    ],
    ids=["feature schema", "file unlisted", "ranker", "value"],
)
def test_a_sealed_manifest_that_this_code_cannot_serve_is_refused(
    copy: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    edit(copy, change, seal=True)
    with pytest.raises(ArtifactError, match=why):
        ArtifactDirectory(copy).read()
    assert SCHEMA.version != "feedc0de"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": "one"}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, content: bytes) -> None:
    rewrite(copy / "manifest.json", content)
    with pytest.raises(ArtifactError, match="is not a manifest"):
        ArtifactDirectory(copy).read()


def test_an_array_of_objects_is_not_unpickled(copy: Path) -> None:
    path = copy / "model.trend.npy"
    path.unlink()
    np.save(path, np.array([{"never": "loaded"}], dtype=object), allow_pickle=True)
    entry = {"bytes": path.stat().st_size, "sha256": files.sha256_of(path)}
    edit(copy, lambda words: words["files"].update({path.name: entry}), seal=True)
    with pytest.raises(ArtifactError, match="cannot be read"):
        ArtifactDirectory(copy).read()


def test_a_place_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="does not exist"):
        ArtifactDirectory(tmp_path / "nowhere").read()
    with pytest.raises(ArtifactError, match=r"holds no manifest\.json"):
        ArtifactDirectory(tmp_path).read()


def entries(path: Path) -> list[str]:
    return sorted(child.name for child in path.iterdir())


def test_what_is_there_is_kept_without_replace_and_replaced_with_it(tmp_path: Path) -> None:
    target = ArtifactDirectory(tmp_path / "model")
    first = target.write(small_published())
    other = replace(small_published(), model=replace(small_published().model, half_life=86_400))
    with pytest.raises(ArtifactError, match="already holds a model; add --force"):
        target.write(other)
    assert target.read().model.version == first
    second = target.write(other, replace=True)
    assert target.read().model.version == second != first
    assert entries(tmp_path) == ["model"], "nothing is left beside it"


def test_replacing_works_where_the_system_cannot_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_exchanged", lambda scratch, target: False)
    target = ArtifactDirectory(tmp_path / "model")
    target.write(small_published())
    (target.path / "stale").write_text("of the first")
    target.write(small_published(), replace=True)
    assert not (target.path / "stale").exists()
    assert entries(tmp_path) == ["model"]


def test_a_reader_of_the_old_model_is_not_disturbed(tmp_path: Path) -> None:
    target = ArtifactDirectory(tmp_path / "model")
    target.write(small_published())
    held = target.read()
    before = slates(held)
    target.write(replace(small_published(), model=replace(small_published().model, half_life=86_400)), replace=True)
    assert slates(held) == before


@pytest.mark.parametrize("after", [0, 5, len(FILES) - 1])
@pytest.mark.parametrize("replacing", [False, True])
def test_a_failure_in_the_middle_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, replacing: bool
) -> None:
    target = ArtifactDirectory(tmp_path / "model")
    version = target.write(small_published()) if replacing else None
    save, calls = directory._save, []

    def full_disk(path: Path, array: Any) -> Any:
        calls.append(path)
        if len(calls) > after:
            raise OSError(28, "No space left on device")
        return save(path, array)

    monkeypatch.setattr(directory, "_save", full_disk)
    with pytest.raises(ArtifactError, match="No space left on device"):
        target.write(small_published(), replace=replacing)
    assert entries(tmp_path) == (["model"] if replacing else [])
    assert not replacing or target.read().model.version == version


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: Path, array: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(directory, "_save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ArtifactDirectory(tmp_path / "model").write(small_published())
    assert entries(tmp_path) == []


def test_other_peoples_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match="holds other files and no model"):
        ArtifactDirectory(tmp_path / "home").write(small_published(), replace=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="is not a directory"):
        ArtifactDirectory(tmp_path / "file").write(small_published(), replace=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with pytest.raises(ArtifactError, match="is not a directory"):
        ArtifactDirectory(tmp_path / "link").write(small_published(), replace=True)
    with pytest.raises(ArtifactError, match="file is not a directory"):
        ArtifactDirectory(tmp_path / "file" / "below" / "model").write(small_published())
    assert (tmp_path / "home" / "thesis.txt").read_text() == "years of work"


def test_the_directories_above_are_made_when_there_is_something_to_write(tmp_path: Path) -> None:
    target = ArtifactDirectory(tmp_path / "not" / "there" / "model")
    target.check_target()
    assert entries(tmp_path) == []
    assert target.write(small_published()) == target.read().model.version


def test_a_model_that_appears_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = ArtifactDirectory(tmp_path / "model")
    first = target.write(small_published())
    monkeypatch.setattr(ArtifactDirectory, "check_target", lambda self, replace=False: None)
    with pytest.raises(ArtifactError, match="exists and is not empty"):
        target.write(small_published())
    assert target.read().model.version == first
    assert entries(tmp_path) == ["model"]


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    target = ArtifactDirectory(tmp_path / "model")
    target.write(small_published())
    assert target.read().model.catalogue.size == small_published().model.catalogue.size


def test_the_directory_is_as_readable_as_any_new_one(tmp_path: Path) -> None:
    """A service under another user id must be able to read it."""
    (tmp_path / "plain").mkdir()
    target = ArtifactDirectory(tmp_path / "model")
    target.write(small_published())
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "model")]
    assert modes[0] == modes[1]


def test_a_scorer_that_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    class Odd:
        schema_version = SCHEMA.version

        def score(self, features: Any) -> Any:
            return np.zeros(features.shape[0], dtype=np.int64)

    odd = replace(small_published(), model=replace(small_published().model, scorer=Odd()))
    with pytest.raises(ArtifactError, match="a Odd cannot be published"):
        ArtifactDirectory(tmp_path / "model").write(odd)
    assert entries(tmp_path) == []


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(parent: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(directory, "check_writable", read_only)
    with pytest.raises(ArtifactError, match="cannot be written: Permission denied"):
        ArtifactDirectory(tmp_path / "model").write(small_published())
    assert entries(tmp_path) == []
