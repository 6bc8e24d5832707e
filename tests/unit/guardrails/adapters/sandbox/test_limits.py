"""What code of a change may try to take for itself, or to leave behind: each test is one way, in each sandbox."""

import sys
import threading
from pathlib import Path

import pytest

from guardrails.adapters.killing import adopt_orphans
from guardrails.errors import JudgementError
from guardrails.ports import Command, Confinement
from tests.sandboxes import LANDLOCK, SEPARATE, SERVER, WAYS, alive, cell, eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no sandbox but on Linux")
every_way = pytest.mark.parametrize("way", [pytest.param(way, marks=pytest.mark.slow) for way in WAYS])


@every_way
def test_ends_are_told_as_they_are(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way)
    assert inside.run("import sys; sys.exit(3)").exit_code == 3
    assert inside.run("import os; os.kill(os.getpid(), 9)").exit_code == -9
    words = "import signal, sys, time\nsignal.signal(15, lambda *_: (print('last words'), sys.exit()))\n"
    done = inside.run(f"{words}print('up', flush=True)\ntime.sleep(600)", timeout=2)
    assert (done.timed_out, done.stdout) == (True, "up\nlast words\n")


UNLINKED = """
import os, time
kept = []
for n in range(24):
    kept.append(open(f"f{n}", "wb"))
    kept[-1].write(b"x" * (1 << 20))
    kept[-1].flush()
    os.unlink(f"f{n}")
time.sleep(600)
"""


@every_way
def test_the_disk_cannot_be_filled(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way, file_mb=8)
    big = inside.report("attempt('big', lambda: [open('big', 'ab').write(b'x' * (1 << 20)) for _ in range(20)][0])")
    assert "File too large" in str(big["big"])
    (inside.work / "big").unlink()
    many = "import time\nfor n in range(24): open(f'f{n}', 'wb').write(b'x' * (1 << 20))\ntime.sleep(600)"
    done = inside.run(many, timeout=120)
    assert done.stopped == "it wrote more than 8 MB (isolation.file_mb)", done
    done = inside.run(UNLINKED, timeout=120)
    assert done.stopped == "it wrote more than 8 MB (isolation.file_mb)", done


@pytest.mark.parametrize("way", SEPARATE)
def test_shared_memory_is_no_disk_without_end(tmp_path: Path, way: str) -> None:
    code = "attempt('fill', lambda: [open(f'/dev/shm/f{n}', 'wb').write(b'x' * (1 << 20)) for n in range(20)][0])"
    assert "No space left" in str(cell(tmp_path, way, file_mb=8).report(code)["fill"])
    assert not list(Path("/dev/shm").glob("f1*"))


@every_way
def test_a_fork_bomb_is_ended_whole(tmp_path: Path, way: str) -> None:
    word = f"bomb-{tmp_path.name}-{way.replace(' ', '-')}"
    # 512 processes if nobody ends it, in sessions of their own.
    code = "import os, time\nfor _ in range(9):\n    if not os.fork(): os.setsid()\ntime.sleep(600)"
    inside = cell(tmp_path, way, processes=40)
    command = (sys.executable, "-c", code, word)
    done = inside.runner().run(Command(command, inside.work, timeout=120, confined=Confinement((inside.work,))))
    # As an ordinary user the kernel refuses the 49th; as root the watch ends them all.
    assert "more than 40 processes" in done.stopped or "BlockingIOError" in done.stderr, done
    assert eventually(lambda: not alive(word)), alive(word)


@every_way
def test_a_memory_hog_is_ended(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way, memory_mb=96)
    done = inside.run("import time\nhog = bytearray(b'x') * (200 << 20)\ntime.sleep(600)", timeout=120)
    assert "96 MB of memory" in done.stopped or "MemoryError" in done.stderr, done
    assert "MemoryError" in inside.run("hog = bytearray(1 << 30)").stderr
    shared = "import os, time\n[os.fork() for _ in range(2)]\nhog = bytearray(b'x') * (40 << 20)\ntime.sleep(600)"
    assert "96 MB of memory" in inside.run(shared, timeout=120).stopped


DAEMON = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        env = {} if sys.argv[2] == "hidden" else dict(os.environ)
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], env)
    os._exit(0)
os.wait()
sys.stdout.close()
"""


@pytest.mark.parametrize("how", ["plain", "hidden"])
@every_way
def test_a_daemon_does_not_survive_its_run(tmp_path: Path, way: str, how: str) -> None:
    if way == LANDLOCK and how == "hidden":
        pytest.skip("WITHOUT NAMESPACES a daemon that hides its environment lives until the check ends (test_process)")
    adopt_orphans()
    word = f"daemon-{tmp_path.name}-{way.replace(' ', '-')}"
    inside = cell(tmp_path, way)
    command = Command((sys.executable, "-c", DAEMON, word, how), inside.work, confined=Confinement((inside.work,)))
    done = inside.runner().run(command)
    assert done.exit_code == 0, done
    assert eventually(lambda: not alive(word)), alive(word)


@every_way
def test_a_service_that_takes_too_much_is_ended(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way, processes=20)
    many = "[threading.Thread(target=time.sleep, args=(600,)).start() for _ in range(30)]"
    code = f"import threading, time\n{many}\n{SERVER}"
    command = Command((sys.executable, "-c", code, "{port}"), inside.work, confined=Confinement((inside.work,)))
    with (
        pytest.raises(JudgementError, match=r"more than 20 processes and threads|can't start new thread"),
        inside.runner().serve(command, ready_path="/never", ready_timeout=60),
    ):
        pass
    assert threading.active_count() < 100
