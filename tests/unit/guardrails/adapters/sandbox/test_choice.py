"""Which sandbox is chosen, when, and what is said of it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from guardrails import config
from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.sandbox import choice, seccomp, words
from guardrails.adapters.sandbox.choice import BUBBLEWRAP, LANDLOCK, NAMESPACES, NONE, Sandbox, backend, sandbox_of
from guardrails.adapters.sandbox.limits import Limits
from guardrails.adapters.sandbox.watch import Watch, family
from guardrails.adapters.sandbox.words import Held, notes
from guardrails.errors import ConfigurationError, ToolMissingError
from guardrails.ports import Command, Confinement

LIMITS = Limits.of(memory_mb=512, processes=64, file_mb=32)


def test_a_trusted_program_needs_no_sandbox_and_none_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "backend", None)
    sandbox = Sandbox(LIMITS)
    assert ProcessRunner(tmp_path, os.environ, sandbox=sandbox).run(Command(("true",), tmp_path)).exit_code == 0
    assert sandbox.notes() == ()


def test_what_does_not_work_is_not_chosen(tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho bwrap: No permissions to create new namespace >&2; exit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    assert backend((BUBBLEWRAP,), str(tmp_path)).name == NONE
    assert backend((BUBBLEWRAP,), "/nonexistent").name == NONE
    assert backend((), os.environ["PATH"]).name == NONE


def test_where_it_is_required_and_does_not_hold_nothing_runs(tmp_path: Path) -> None:
    sandbox = Sandbox(LIMITS, required=True, backends=())
    command = Command(("touch", "was-here"), tmp_path, confined=Confinement((tmp_path,)))
    (tmp_path / "runs").mkdir()
    with pytest.raises(ToolMissingError, match=r"isolation.mode is 'required'.*apt-get install bubblewrap"):
        ProcessRunner(tmp_path / "runs", os.environ, sandbox=sandbox).run(command)
    assert not (tmp_path / "was-here").exists()


def test_without_a_sandbox_it_runs_within_its_limits_and_the_verdict_says_so(tmp_path: Path) -> None:
    sandbox = Sandbox(LIMITS, backends=())
    (tmp_path / "runs").mkdir()
    command = Command(("pwd",), tmp_path, confined=Confinement((tmp_path / "new",)))
    assert ProcessRunner(tmp_path / "runs", os.environ, sandbox=sandbox).run(command).stdout.strip() == str(tmp_path)
    assert (tmp_path / "new").is_dir()
    said = " ".join(sandbox.notes())
    assert "ran without isolation" in said
    assert "Install bubblewrap" in said
    assert "512 MB of memory, 64 processes and threads, 32 MB written" in said


@pytest.mark.parametrize(
    ("name", "serves", "required", "ports", "network", "lacks"),
    [
        (BUBBLEWRAP, False, False, True, "none", False),
        (BUBBLEWRAP, True, False, True, "ports", False),
        (BUBBLEWRAP, True, True, False, "tcp", True),
        (NAMESPACES, False, True, True, "none", False),
        (LANDLOCK, False, True, True, "ports", False),
        (LANDLOCK, False, False, True, "tcp", True),
        (NONE, False, False, True, "open", True),
    ],
)
def test_what_each_backend_holds(
    monkeypatch: pytest.MonkeyPatch, name: str, serves: bool, required: bool, ports: bool, network: str, lacks: bool
) -> None:
    monkeypatch.setattr(words.landlock, "version", lambda: 7 if ports else 3)
    held = Held.of(name, serves, required)
    assert (held.network, bool(held.lacking)) == (network, lacks)
    said = notes([held], LIMITS)[0]
    assert ("NOT held" in said or "without isolation" in said) is lacks


def test_programs_come_before_services_in_the_notes() -> None:
    said = notes([Held.of(BUBBLEWRAP, True, False), Held.of(BUBBLEWRAP, False, False)], LIMITS)
    assert [note.split(" ")[1] for note in said] == ["code", "services", "of"]


def test_what_the_policy_lets_be_read_is_relative_to_the_checkout(tmp_path: Path) -> None:
    sandbox = sandbox_of(
        memory_mb=1, processes=1, file_mb=1, required=True, reads=["data", "/srv/models"], repository=tmp_path,
        places=[tmp_path / "cache"], caller={"HOME": "/home/me", "PATH": "/bin"},
    )  # fmt: skip
    assert sandbox.reads == (tmp_path / "data", Path("/srv/models"))
    assert sandbox.places == (tmp_path / "cache", Path("/home/me"))
    assert sandbox.required


@pytest.mark.parametrize("line", ["mode = 'strict'", "memory_mb = 0", "processes = -1", "memory = 5"])
def test_the_policy_is_strict(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"isolation|processes"):
        config.parse(f"[isolation]\n{line}\n", "guardrails.toml")


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_a_launcher_that_cannot_hold_what_it_is_told_runs_nothing(tmp_path: Path) -> None:
    order = '{"reads": null, "writes": [], "namespaces": false, "network": "ports", "binds": [70000], "connects": [],'
    order += '"file_bytes": 0, "shared_bytes": 0, "address_space": 0, "tasks": 0}'
    launcher = Path(choice.__file__).with_name("launch.py")
    argv = (sys.executable, "-I", "-S", "-B", str(launcher), order, "/usr/bin/touch", str(tmp_path / "was-here"))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (125, "")
    assert "the sandbox does not hold" in done.stderr
    assert not (tmp_path / "was-here").exists()


def test_the_jumps_of_the_filter_land_on_what_they_name() -> None:
    program = seccomp.assembled(seccomp.steps(0xC000003E, 41, 44, 46, 307, 425))
    answers = [k for code, _, _, k in program if code == 0x06]
    assert answers == [0x50000 | 38, 0x50000 | 1, 0x7FFF0000]
    moves = [(at, jump) for at, (code, *jumps, _) in enumerate(program) for jump in jumps if code != 0x06]
    assert all(at + 1 + jump < len(program) for at, jump in moves)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kernel_tells", [True, False])
def test_the_watch_counts_threads_and_descendants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel_tells: bool
) -> None:
    monkeypatch.setattr("guardrails.adapters.sandbox.watch._KERNEL_TELLS", kernel_tells)
    release = threading.Event()
    threads = [threading.Thread(target=release.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with subprocess.Popen(["sleep", "600"]) as child:
            counted = dict(family(os.getpid(), 1000))
            assert counted[child.pid] == 1
            assert counted[os.getpid()] >= 4
            few = Watch(os.getpid(), Limits.of(memory_mb=100_000, processes=3, file_mb=100_000), [tmp_path])
            assert few.exceeded() == "it had more than 3 processes and threads (isolation.processes)"
            assert few.exceeded() == "", "it is not asked more often than it looks"
            child.kill()
    finally:
        release.set()
    many = Watch(os.getpid(), Limits.of(memory_mb=100_000, processes=10_000, file_mb=100_000), [tmp_path / "gone"])
    assert many.exceeded() == ""
