"""What a service costs, read from outside it: threads that ended, children, and the dead."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from guardrails.adapters.loadgen.memory import tree_kib, tree_resident_kib
from guardrails.adapters.loadgen.meter import (
    HASTE,
    cores,
    hasten,
    is_alive,
    pin,
    process_seconds,
    tree,
    tree_calls,
    tree_seconds,
)

BURN = "import time\ndef burn(s):\n t = time.thread_time() + s\n while time.thread_time() < t: pass\n"
CHILD = "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n burn(0.1); os.write(w, b'x'); time.sleep(60)"
WAIT = "print('done', flush=True); input()"


@contextmanager
def program(code: str) -> Iterator[int]:
    """A program that has done its work and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", BURN + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize(
    "code",
    [
        f"burn(0.1); {WAIT}",
        f"import threading\nt = threading.Thread(target=burn, args=(0.1,)); t.start(); t.join(); {WAIT}",
        f"import os\nif os.fork() == 0:\n burn(0.1)\n os._exit(0)\nos.wait(); {WAIT}",
        f"{CHILD}\nos.read(r, 1); {WAIT}",
    ],
    ids=["itself", "a thread that ended", "a child that ended", "a child that runs"],
)
def test_all_of_the_work_is_counted(code: str) -> None:
    with program(code) as pid:
        spent = tree_seconds(pid)
        for child in psutil.Process(pid).children():
            child.kill()
    assert 0.09 <= spent < 5


def test_the_clock_is_finer_than_a_tick() -> None:
    first = process_seconds(os.getpid())
    second = process_seconds(os.getpid())
    assert 0 < second - first < 0.01


def test_a_process_that_is_gone_costs_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        # Not waited for: until then it is a zombie.
        os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(gone.pid)
    assert tree(gone.pid) == ()
    assert tree_seconds(gone.pid) == 0
    assert not is_alive(gone.pid)
    assert is_alive(os.getpid())


HOLD = f"held = bytearray(b'x' * 30_000_000); {WAIT}"


def test_memory_is_that_of_the_whole_tree() -> None:
    with program(WAIT) as small, program(HOLD) as large:
        more = [meter(large) - meter(small) for meter in (tree_kib, tree_resident_kib)]
    assert all(29_000 < kib < 33_000 for kib in more)


def test_what_processes_share_is_counted_once() -> None:
    forked = f"import os\nheld = bytearray(b'x' * 30_000_000)\nif os.fork() == 0:\n import time; time.sleep(60)\n{WAIT}"
    with program(HOLD) as one, program(forked) as two:
        more = [meter(two) - meter(one) for meter in (tree_kib, tree_resident_kib)]
        for child in psutil.Process(two).children():
            child.kill()
    assert all(kib < 15_000 for kib in more), "a child shares the 30 MB of its parent"


def test_reads_and_writes_are_counted() -> None:
    code = f"import os\nf = os.open('/dev/zero', os.O_RDONLY)\nfor _ in range(500): os.read(f, 1)\n{WAIT}"
    with program(WAIT) as idle, program(code) as reader:
        assert 500 <= (tree_calls(reader) or 0) - (tree_calls(idle) or 0) < 600


def test_a_process_that_is_gone_tells_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert (tree_calls(gone.pid), tree_kib(gone.pid), tree_resident_kib(gone.pid)) == (None, 0, 0)


def test_a_tree_is_held_on_a_core() -> None:
    with program(f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'input()']); {WAIT}") as pid:
        core = cores()[-1]
        assert pin(pid, core)
        held = [os.sched_getaffinity(one) for one in tree(pid)]
        for child in psutil.Process(pid).children():
            child.kill()
    assert len(held) == 2
    assert held == [{core}] * 2
    assert not pin(pid, core) or tree(pid) == ()


def test_a_tree_goes_before_other_programs_where_that_is_allowed() -> None:
    with program(f"import os, subprocess, sys; os.setsid(); c = subprocess.Popen(['sleep', '60']); {WAIT}") as pid:
        try:
            os.setpriority(os.PRIO_PROCESS, pid, HASTE + 1)
        except OSError:
            pytest.skip("THE PRIORITY of a process cannot be raised here: run as root")
        assert hasten(pid)
        found = [os.getpriority(os.PRIO_PROCESS, one) for one in tree(pid)]
        session = Path(f"/proc/{pid}/autogroup")
        assert not session.exists() or session.read_text().split()[-1] == str(HASTE)
        for child in psutil.Process(pid).children():
            child.kill()
    assert found == [HASTE] * 2


def test_a_priority_that_may_not_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    assert not hasten(os.getpid())
