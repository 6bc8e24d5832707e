"""Heads that are broken or hostile, judged as a whole: none passes, none is waited for, none leaves a trace."""

import os
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest

from guardrails.adapters.changes import Wanted
from guardrails.adapters.plant import BASE as BASE_BRANCH
from guardrails.adapters.plant import CHANGE, plant
from guardrails.adapters.sandbox.choice import BACKENDS, NONE
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine
from guardrails.cli.options import CheckOptions
from guardrails.gates.registry import GATES
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.probes.contracts import PROBES
from tests.canary import asking, told
from tests.git_repositories import fingerprint, new_repo
from tests.sandboxes import require

POLICY = """
schema = 1
[project]
packages = ["shop"]
[tests]
paths = ["tests"]
timeout_seconds = 60
plugins = []
"""
RANK = "def rank(scores):\n    return sorted(scores)\n"
BASE = {
    "guardrails.toml": POLICY,
    "shop/__init__.py": "",
    "shop/rank.py": RANK,
    "tests/test_rank.py": "from shop.rank import rank\n\n\ndef test_rank():\n    assert rank([2, 1]) == [1, 2]\n",
}


def judged(
    tmp_path: Path,
    head: dict[str, str | bytes | None],
    only: tuple[str, ...] = ("scope", "tests"),
    policy: str = POLICY,
    sandboxes: tuple[str, ...] = BACKENDS,
) -> Verdict:
    """The verdict on one change to the project, which leaves the repository and the scratch space as they were."""
    repo = new_repo(tmp_path / "a repo", {**BASE, "guardrails.toml": policy})
    repo.branch("feature")
    repo.commit(head)
    before = fingerprint(repo.root)
    engine = Engine(
        GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache", sandboxes=sandboxes
    )
    verdict = engine.check(CheckOptions(repo.root, Wanted(), only=only, jobs=2, seed=1))
    assert fingerprint(repo.root) == before
    assert not list((tmp_path / "cache" / "scratch").iterdir())
    return verdict


def before_rank(code: str) -> dict[str, str | bytes | None]:
    """The product with code that runs when it is imported."""
    return {"shop/rank.py": f"{code}\n\n\n{RANK}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "kind"),
    [
        pytest.param({"shop/rank.py": "def rank(scores:\n"}, VerdictKind.BLOCK, id="does not parse"),
        pytest.param(before_rank("import no_such_module_anywhere"), VerdictKind.BLOCK, id="does not import"),
        pytest.param(before_rank("import os\n\nos._exit(0)"), VerdictKind.ERROR, id="exits at import"),
        pytest.param(before_rank("import sys\n\nsys.exit(0)"), VerdictKind.ERROR, id="exits politely at import"),
        pytest.param({"shop/rank.py": None, "shop/__init__.py": None}, VerdictKind.BLOCK, id="deletes the product"),
        pytest.param({"shop/rank.py": "def rank(s):\n    return s\n"}, VerdictKind.BLOCK, id="is plainly wrong"),
    ],
)
def test_a_broken_head_never_passes(tmp_path: Path, head: dict[str, str | bytes | None], kind: VerdictKind) -> None:
    verdict = judged(tmp_path, head)
    assert verdict.kind is kind, told(verdict)


@pytest.mark.slow
def test_a_head_that_hangs_at_import_is_ended_at_its_time_out(tmp_path: Path) -> None:
    head = before_rank("import time\n\ntime.sleep(600)")
    verdict = judged(tmp_path, head, policy=POLICY.replace("= 60", "= 4"))
    assert verdict.kind is VerdictKind.ERROR, told(verdict)


@pytest.mark.slow
def test_a_head_that_prints_a_gigabyte_is_judged_by_what_it_does(tmp_path: Path) -> None:
    code = "import os\n\nfor _ in range(1024):\n    os.write(1, b'x' * 1_000_000)"
    verdict = judged(tmp_path, before_rank(code))
    assert verdict.kind in {VerdictKind.PASS, VerdictKind.ERROR}, told(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("way", [*BACKENDS, NONE])
def test_a_head_that_writes_into_the_judged_trees_cannot_or_is_an_error(tmp_path: Path, way: str) -> None:
    if way != NONE:
        require(way)
    code = f"""from pathlib import Path

for path in Path({str(tmp_path / "cache")!r}).rglob("*.py"):
    path.write_text("")"""
    verdict = judged(tmp_path, before_rank(code), sandboxes=() if way == NONE else (way,))
    if way != NONE:
        assert (verdict.kind, verdict.error) == (VerdictKind.PASS, ""), told(verdict)
        return
    assert verdict.kind is VerdictKind.ERROR, told(verdict)
    assert "written into the evidence" in verdict.error
    assert any("ran without isolation" in note for note in verdict.notes)


GREEDY = """
import os, pathlib, socket

def tried(work):
    try:
        work()
    except OSError:
        return
    raise AssertionError("got out")
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", BACKENDS)
def test_a_suite_finds_every_door_shut_and_the_verdict_says_so(tmp_path: Path, way: str) -> None:
    require(way)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPLOY_TOKEN", "secret")
        work = (
            f"tried(lambda: socket.create_connection({listener.getsockname()!r}, timeout=5))\n"
            f"tried(lambda: pathlib.Path({str(Path.home() / f'.{tmp_path.name}')!r}).write_text(''))\n"
            f"tried(lambda: list(pathlib.Path({str(tmp_path / 'cache' / 'entries')!r}).iterdir()))\n"
            "if 'DEPLOY_TOKEN' in os.environ: raise AssertionError('a secret')\n"
        )
        policy = f'{POLICY}\n[isolation]\nmode = "required"\n'
        verdict = judged(tmp_path, before_rank(GREEDY + work), policy=policy, sandboxes=(way,))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert verdict.kind is VerdictKind.PASS, told(verdict)
    assert any(note.startswith("Untrusted code ran under") for note in verdict.notes), verdict.notes


@pytest.mark.slow
def test_where_isolation_is_required_and_there_is_none_nothing_is_run(tmp_path: Path) -> None:
    policy = f'{POLICY}\n[isolation]\nmode = "required"\n'
    verdict = judged(tmp_path, {"shop/rank.py": f"LIMIT = 2\n{RANK}"}, policy=policy, sandboxes=())
    assert verdict.kind is VerdictKind.ERROR, told(verdict)
    (tests,) = (result for result in verdict.results if result.name == "tests")
    assert "isolation.mode is 'required'" in tests.error
    assert "apt-get install bubblewrap" in tests.error


def test_gates_that_run_nothing_try_no_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrails.adapters.sandbox.choice.backend", None)
    verdict = judged(tmp_path, {"shop/rank.py": f"LIMIT = 2\n{RANK}"}, only=("scope", "tampering", "lint", "types"))
    assert verdict.kind is VerdictKind.PASS, told(verdict)
    assert not any("ntrusted" in note for note in verdict.notes)


def test_paths_with_spaces_and_any_letters_are_judged(tmp_path: Path) -> None:
    head: dict[str, str | bytes | None] = {"shop/naïve name.py": "X = 1\n", "docs/日本 語.md": "text\n"}
    verdict = judged(tmp_path, head, only=("scope", "lint"))
    assert verdict.kind is VerdictKind.PASS, told(verdict)
    assert verdict.size.files == 2


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "linked")
    repo.branch("feature")
    (repo.root / "data").symlink_to("/etc")
    repo.commit()
    engine = Engine(GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    verdict = engine.check(CheckOptions(repo.root, Wanted(), only=("scope",), jobs=1, seed=1))
    assert asking(verdict) == {"scope/symlink-escapes"}, told(verdict)


@pytest.mark.slow
def test_providers_and_consumers_are_enclosed_too(tmp_path: Path) -> None:
    probe = PROBES[0]
    plant(tmp_path / "shop", probe.base, probe.honest)
    engine = Engine(GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    options = CheckOptions(tmp_path / "shop", Wanted(BASE_BRANCH, CHANGE), only=("contracts",), jobs=1, seed=1)
    verdict = engine.check(options)
    assert verdict.kind is VerdictKind.PASS, told(verdict)
    said = [note.partition(" ran ")[0] for note in verdict.notes if " ran " in note]
    assert said == ["Untrusted code", "Untrusted services"]
