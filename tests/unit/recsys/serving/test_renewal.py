"""Another model under traffic: the real process, no request lost, no answer of two models, nothing bad taken.

The invariant `version-coherence`: titles tell which model an answer was made from, and its version must say the same.
"""

import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from recsys.__main__ import main
from recsys.adapters.artifacts.files import new_directory
from recsys.bootstrap import artifact_directory
from recsys.domain.packed import PackedStrings
from recsys.domain.published import Published
from tests.recsys_worlds import small_published
from tests.unit.recsys.serving.test_process import GOOD, Running, running

FILE = "model.popularity.npy"


@cache
def second() -> Published:
    """The small model, every title marked."""
    first = small_published()
    titles = PackedStrings.of([f"second {title}" for title in first.model.catalogue.titles])
    catalogue = replace(first.model.catalogue, titles=titles)
    return replace(first, model=replace(first.model, catalogue=catalogue))


class Traffic:
    """Clients that ask for a slate and its second page until they are told to stop."""

    def __init__(self, url: str, versions: dict[str, bool]) -> None:
        self._url, self._versions = url, versions
        self._stop = threading.Event()
        self.wrong: list[object] = []
        self.seen: set[str] = set()
        self.pages = self.gone = 0
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(3)]

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._url, timeout=20) as client:
            try:
                while not self._stop.is_set():
                    self._two_pages(client, {**GOOD, "user_id": f"u{number}"})
            except httpx.HTTPError as error:
                self.wrong.append(error)

    def _two_pages(self, client: httpx.Client, body: dict[str, Any]) -> None:
        first = client.post("/v1/recommendations", json=body)
        version = self._check(first)
        page = client.post("/v1/recommendations", json=body | {"page_token": first.json().get("next_page_token")})
        if page.status_code == 410:
            self.gone += 1
        elif self._check(page) == version:
            self.pages += 1
        else:
            self.wrong.append(("pages of two models", first.text, page.text))

    def _check(self, response: httpx.Response) -> str:
        if response.status_code != 200:
            self.wrong.append((response.status_code, response.text))
            return ""
        answer = response.json()
        marked = {item["title"].startswith("second ") for item in answer["items"]}
        if marked != {self._versions[answer["model_version"]]}:
            self.wrong.append(response.text)
        self.seen.add(answer["model_version"])
        return str(answer["model_version"])

    @contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()


def reloads(service: Running, outcome: str) -> float:
    prefix = f'recsys_reloads_total{{outcome="{outcome}"}} '
    lines = service.client.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix))


def until(service: Running, outcome: str, count: int) -> None:
    while reloads(service, outcome) < count:
        pass


def missing_file(directory: Path) -> None:
    (directory / FILE).unlink()


def truncated(directory: Path) -> None:
    with (directory / FILE).open("r+b") as file:
        file.truncate(200)


def flipped(directory: Path) -> None:
    data = bytearray((directory / FILE).read_bytes())
    data[-1] ^= 1
    (directory / FILE).write_bytes(data)


def older(directory: Path) -> None:
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps(manifest | {"schema": 0}))


def empty(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


DAMAGE = (missing_file, truncated, flipped, older, empty)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    artifact_directory(path).write(small_published())
    return path


@pytest.mark.slow
def test_a_model_that_is_published_while_the_service_runs_costs_no_request(place: Path, tmp_path: Path) -> None:
    directory, other = artifact_directory(place), artifact_directory(tmp_path / "other")
    versions = {directory.manifest().model_version: False, other.write(second()): True}
    with running(place, str(tmp_path / "state")) as service, Traffic(service.url, versions).flowing() as traffic:
        for round_, published in enumerate((second(), small_published(), second()), start=1):
            directory.write(published, replace=True)
            service.process.send_signal(signal.SIGHUP)
            until(service, "loaded", round_)
        service.process.send_signal(signal.SIGHUP)
        until(service, "unchanged", 1)
        (last,) = {service.recommend().json()["model_version"] for _ in range(3)}
    assert not traffic.wrong
    assert traffic.seen == set(versions)
    assert traffic.pages
    assert versions[last]
    lines = (tmp_path / "state" / "decisions" / "worker-0.jsonl").read_text().splitlines()
    assert {json.loads(line)["snapshot"]["model_version"] for line in lines} == set(versions)


@pytest.mark.slow
def test_what_cannot_be_served_is_refused_with_the_reason_and_the_old_model_stays(
    place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    version = artifact_directory(source).write(second())
    with running(place, str(tmp_path / "state"), "--watch", "0.05") as service:
        first = service.recommend().json()["model_version"]
        for count, damage in enumerate(DAMAGE, start=1):
            with new_directory(place, replace=True) as half:
                shutil.copytree(source, half, dirs_exist_ok=True)
                damage(half)
            until(service, "refused", count)
            assert service.recommend().json()["model_version"] == first
            assert service.client.get("/readyz").status_code == 200
        shutil.rmtree(place)
        shutil.copytree(source, place)  # file by file, the manifest in the middle: refused until it is whole
        until(service, "loaded", 1)
        assert service.recommend().json()["model_version"] == version
        assert service.stop() == 0
    told = capfd.readouterr().err
    for why in (f"{FILE} is missing", "is truncated", "was changed after", "has schema 0, older", "no manifest"):
        assert why in told, why
    assert "Traceback" not in told


@pytest.mark.slow
def test_every_worker_takes_the_new_model(place: Path, tmp_path: Path) -> None:
    directory, other = artifact_directory(place), artifact_directory(tmp_path / "other")
    versions = {directory.manifest().model_version: False, other.write(second()): True}
    options = ("--workers", "2", "--drain-seconds", "0")
    with (
        running(place, str(tmp_path / "state"), *options) as service,
        Traffic(service.url, versions).flowing() as traffic,
    ):
        directory.take(other)
        service.process.send_signal(signal.SIGHUP)
        until(service, "loaded", 2)
        for _ in range(8):
            with httpx.Client(base_url=service.url, timeout=10) as client:
                assert versions[client.post("/v1/recommendations", json=GOOD).json()["model_version"]]
    assert not traffic.wrong


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_publish_checks_what_it_copies_and_leaves_the_target_as_it_was(
    place: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    source = tmp_path / "source"
    version = artifact_directory(source).write(second())
    damaged = tmp_path / "damaged"
    shutil.copytree(source, damaged)
    damage(damaged)
    before = artifact_directory(place).manifest()
    assert main(["publish", str(damaged), "--to", str(place)]) == 2
    assert artifact_directory(place).manifest() == before
    assert main(["publish", str(source), "--to", str(place)]) == 0
    assert artifact_directory(place).read().model.version == version
    assert main(["publish", str(place), "--to", str(tmp_path / "a" / "b")]) == 0
    assert artifact_directory(tmp_path / "a" / "b").read().model.version == version
    assert not list(tmp_path.glob(".*.partial"))
