"""What a side serves: made once for each content, started with its own code, and whose fault a failure is."""

import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.load.service import Recipe, artifact, filled, serving
from guardrails.load.session import NotStartedError, Session
from guardrails.model.load_run import BASE, HEAD, LoadPlan, LoadRun, LoadTally
from guardrails.ports import Command, Completed, Service
from tests.judge_fakes import DirStore, FakeTree, RealProcesses
from tests.load_samples import FakeRig, run_of

MAKE = "import pathlib, sys; d = pathlib.Path(sys.argv[1]); d.mkdir(); (d / 'made').write_text(open('code.py').read())"
SERVE = """
import socket, sys
with socket.create_server(('127.0.0.1', int(sys.argv[1]))) as listening:
    while True:
        connection, _ = listening.accept()
        connection.recv(4096)
        connection.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n' + open(sys.argv[2] + '/made', 'rb').read())
        connection.close()
"""
RECIPE = Recipe(
    python=sys.executable,
    path=(".",),
    prepare=("{python}", "-c", MAKE, "{artifact}"),
    command=("{python}", "serve.py", "{port}", "{artifact}", "{state}"),
    inputs=("code.py",),
    environment="one",
    ready_path="/",
    ready_seconds=10,
    prepare_seconds=20,
)


class Counting(RealProcesses):
    """Counts what is run to the end."""

    runs = 0

    def run(self, command: Command) -> Completed:
        self.runs += 1
        return super().run(command)


class Ready(RealProcesses):
    """Every service is there at once."""

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        yield Service("http://127.0.0.1:1", 1, 1)


class Together(RealProcesses):
    """Services that are there when both have been started."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2)
        self.threads: list[threading.Thread] = []

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        self.threads.append(threading.current_thread())
        self.both.wait(20)
        yield Service("http://127.0.0.1:1", 1, 1)


@pytest.fixture
def trees(tmp_path: Path) -> Callable[..., FakeTree]:
    def make(code: str, name: str = "tree", **more: str) -> FakeTree:
        return FakeTree(tmp_path / name, {"code.py": code, "serve.py": SERVE, **more})

    return make


@pytest.fixture
def store(tmp_path: Path) -> DirStore:
    return DirStore(tmp_path / "store")


def test_an_artifact_is_made_once_for_each_content(trees: Callable[..., FakeTree], store: DirStore) -> None:
    processes = Counting()
    one = artifact(trees("a = 1", "one"), RECIPE, processes, store)
    assert one is not None
    assert (one / "made").read_text() == "a = 1"
    assert artifact(trees("a = 1", "same", readme="other"), RECIPE, processes, store) == one
    assert processes.runs == 1
    other = artifact(trees("a = 2", "other"), RECIPE, processes, store)
    assert other is not None
    assert other != one
    assert (other / "made").read_text() == "a = 2"


@pytest.mark.parametrize(
    "changed",
    [
        replace(RECIPE, environment="two"),
        replace(RECIPE, path=("src",)),
        replace(RECIPE, prepare=(*RECIPE.prepare, "--more")),
        replace(RECIPE, inputs=()),
    ],
)
def test_another_way_of_making_it_is_another_artifact(
    trees: Callable[..., FakeTree], store: DirStore, changed: Recipe
) -> None:
    tree = trees("a = 1")
    assert artifact(tree, RECIPE, RealProcesses(), store) != artifact(tree, changed, RealProcesses(), store)


def test_an_artifact_that_is_a_link_to_somewhere_else_is_none(
    trees: Callable[..., FakeTree], store: DirStore, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    link = f"import os, sys; os.symlink({str(tmp_path / 'home')!r}, sys.argv[1])"
    recipe = replace(RECIPE, prepare=("{python}", "-c", link, "{artifact}"))
    with pytest.raises(JudgementError, match="made no artifact"):
        artifact(trees("1"), recipe, RealProcesses(), store)


def test_what_runs_the_heads_code_is_confined_to_its_own_directories(
    trees: Callable[..., FakeTree], store: DirStore, tmp_path: Path
) -> None:
    asked: list[Command] = []

    class Noting(Counting):
        def run(self, command: Command) -> Completed:
            asked.append(command)
            return super().run(command)

        @contextmanager
        def serve(
            self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
        ) -> Iterator[Service]:
            asked.append(command)
            yield Service("http://127.0.0.1:1", 1, 1)

    tree, processes = trees("1"), Noting()
    made = artifact(tree, RECIPE, processes, store)
    with serving(tree, made, RECIPE, processes, tmp_path / "state"):
        pass
    prepared, served = (command.confined for command in asked)
    assert prepared is not None
    assert served is not None
    assert all(place.name.startswith("scratch-") for place in prepared.writes)
    assert (served.writes, served.reads, served.calls_itself) == ((tmp_path / "state",), (made,), False)


def test_without_prepare_there_is_no_artifact(trees: Callable[..., FakeTree], store: DirStore) -> None:
    assert artifact(trees("a"), replace(RECIPE, prepare=()), RealProcesses(), store) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('no data'); sys.exit(3)", "ended with exit status 3.*no data"),
        ("pass", "made no artifact"),
        ("import time; time.sleep(60)", "did not end within 0.5 seconds"),
    ],
)
def test_an_artifact_that_cannot_be_made_is_said(
    trees: Callable[..., FakeTree], store: DirStore, code: str, said: str
) -> None:
    recipe = replace(
        RECIPE, prepare=("{python}", "-c", code, "{artifact}"), prepare_seconds=0.5 if "sleep" in code else 20
    )
    with pytest.raises(JudgementError, match=f"(?s)load.prepare .*{said}"):
        artifact(trees("a"), recipe, RealProcesses(), store)
    assert not list(store.root.glob("load-artifact/*"))


def test_only_known_placeholders_are_replaced() -> None:
    assert filled(("{a}-{b}", "{port}", "{a}"), {"a": "1", "b": "{a}"}) == ("1-{a}", "{port}", "1")


PLAN = LoadPlan(Path(), "locustfile.py", (".",), 1, 1, 1, 1, 0.1, 1.0, 0.1, 1.0)


def session(trees: Callable[..., FakeTree], store: DirStore, rig: FakeRig, recipe: Recipe = RECIPE) -> Session:
    sides = {BASE: trees("base", "base"), HEAD: trees("head", "head")}
    return Session.prepared(sides, recipe, RealProcesses(), store, rig)


def test_both_sides_run_while_they_are_driven_and_not_after(trees: Callable[..., FakeTree], store: DirStore) -> None:
    said: dict[str, str] = {}

    def ask(plan: LoadPlan) -> LoadRun:
        for target in rig.targets[0]:
            with urllib.request.urlopen(target.url) as answer:
                said[target.side] = answer.read().decode()
        return run_of(pairs=1)

    rig = FakeRig(ask)
    session(trees, store, rig).drive(PLAN)
    assert said == {BASE: "base", HEAD: "head"}
    for target in rig.targets[0]:
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(target.url)
    assert not list(store.root.glob("scratch-*"))


def test_heads_and_bases_heaps_are_tight_only_where_a_leak_is_looked_for(
    trees: Callable[..., FakeTree], store: DirStore
) -> None:
    """Tight heaps cost time, so nothing is timed with them."""
    said: list[str] = []
    words = "__import__('os').environ.get('PYTHONMALLOC', 'as it is').encode()"
    tell = SERVE.replace("open(sys.argv[2] + '/made', 'rb').read()", words)
    recipe = replace(RECIPE, prepare=(), command=("{python}", "-c", tell, "{port}"))

    def ask(_plan: LoadPlan) -> LoadRun:
        said.extend(urllib.request.urlopen(target.url).read().decode() for target in rig.targets[-1])
        return run_of(pairs=1)

    rig = FakeRig(ask)
    rig.leaks = [ask]
    made = session(trees, store, rig, recipe)
    made.drive(PLAN)
    made.drive(replace(PLAN, leak_requests=10))
    assert said == ["as it is", "as it is", "malloc", "malloc"]


def test_both_sides_start_at_once_in_threads_that_stay(trees: Callable[..., FakeTree], store: DirStore) -> None:
    """A sandboxed service ends with the thread that started it."""
    together, alive = Together(), []

    def ask(_plan: LoadPlan) -> LoadRun:
        alive.extend(thread.is_alive() for thread in together.threads)
        return run_of(pairs=1)

    sides = {BASE: trees("base", "base"), HEAD: trees("head", "head")}
    made = Session(sides, dict.fromkeys(sides), replace(RECIPE, prepare=()), together, store, FakeRig(ask))
    made.drive(PLAN)
    assert alive == [True, True]
    assert not any(thread.is_alive() for thread in together.threads)


def test_a_head_that_does_not_start_is_told_from_a_base_that_does_not(
    trees: Callable[..., FakeTree], store: DirStore
) -> None:
    broken = replace(RECIPE, prepare=(), command=("{python}", "-c", "raise SystemExit('no such artifact')"))
    with pytest.raises(JudgementError, match="of the base") as error:
        session(trees, store, FakeRig(run_of()), broken).drive(PLAN)
    assert not isinstance(error.value, NotStartedError)

    only_base = "import sys, pathlib; sys.exit(pathlib.Path('code.py').read_text() != 'base')"
    with pytest.raises(NotStartedError, match=r"load\.prepare"):
        session(
            trees, store, FakeRig(), replace(RECIPE, prepare=("{python}", "-c", MAKE + "; " + only_base, "{artifact}"))
        )

    serve_base = f"import sys, pathlib\nif pathlib.Path('code.py').read_text() != 'base': sys.exit('broken')\n{SERVE}"
    choosy = replace(RECIPE, command=("{python}", "-c", serve_base, "{port}", "{artifact}"))
    with pytest.raises(NotStartedError):
        session(trees, store, FakeRig(run_of()), choosy).drive(PLAN)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (replace(run_of(pairs=1), ended_by=BASE, complaint="the service of the base died"), "the base died"),
        (LoadRun((), {BASE: LoadTally(BASE, 9, {"/x: 404": 9}, {}), HEAD: LoadTally(HEAD, 9, {}, {})}, 0.1), "/x: 404"),
        (LoadRun((), {BASE: LoadTally(BASE, 0, {}, {}), HEAD: LoadTally(HEAD, 0, {}, {})}, 0.1), "none of 0 requests"),
    ],
)
def test_a_base_that_fails_is_nothing_to_compare_with(
    trees: Callable[..., FakeTree], store: DirStore, run: LoadRun, said: str
) -> None:
    plain = replace(RECIPE, prepare=())
    made = Session({BASE: trees("base")}, {BASE: None}, plain, Ready(), store, FakeRig(run))
    with pytest.raises(JudgementError, match=said):
        made.drive(PLAN)


def test_a_head_that_died_in_the_warm_up_is_not_the_bases_fault(
    trees: Callable[..., FakeTree], store: DirStore
) -> None:
    tallies = {side: LoadTally(side, 8, {}, {}, died=side == HEAD) for side in (BASE, HEAD)}
    run = LoadRun((), tallies, 0.1, HEAD, "the service of the head died")
    made = Session({BASE: trees("base")}, {BASE: None}, replace(RECIPE, prepare=()), Ready(), store, FakeRig(run))
    assert made.drive(PLAN) == run
