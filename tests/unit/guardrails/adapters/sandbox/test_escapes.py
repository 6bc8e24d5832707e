"""What code of a change may try against the rest of the machine: each test is one escape, in each sandbox."""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from guardrails.adapters.killing import adopt_orphans
from guardrails.errors import JudgementError
from guardrails.ports import Command, Confinement
from tests.sandboxes import BUBBLEWRAP, LANDLOCK, NAMESPACES, REPORT, SEPARATE, WAYS, Cell, alive, cell, contents

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no sandbox but on Linux")
ways = pytest.mark.parametrize("way", [BUBBLEWRAP, pytest.param(NAMESPACES, marks=pytest.mark.slow), LANDLOCK])
every_way = pytest.mark.parametrize("way", [pytest.param(way, marks=pytest.mark.slow) for way in WAYS])


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true within a generous time."""
    until = time.monotonic() + 20
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@ways
def test_an_honest_program_does_not_notice(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way, required=False)
    code = """
import multiprocessing, pathlib, subprocess, tempfile, threading
def talks():
    server = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(server.getsockname()) as client:
        server.accept()[0].sendall(b"hello")
        return client.recv(9).decode()
attempt("loopback", talks)
attempt("semaphore", lambda: multiprocessing.Lock().acquire())
attempt("temporary", lambda: tempfile.NamedTemporaryFile("w").write("12"))
attempt("home", lambda: (pathlib.Path.home() / ".cache").mkdir())
attempt("own file", lambda: pathlib.Path("own").read_text())
attempt("new file", lambda: pathlib.Path("new").write_text("1"))
attempt("child", lambda: subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout)
attempt("group", lambda: subprocess.run(["true"], start_new_session=True).returncode)
attempt("null", lambda: open("/dev/null", "w").write("1"))
attempt("random", lambda: len(os.urandom(3)))
attempt("itself", lambda: open("/proc/self/stat").read().split()[0] == str(os.getpid()))
attempt("pair", lambda: len(socket.socketpair()))
"""
    assert inside.report(code) == {
        "loopback": "hello", "semaphore": True, "temporary": 2, "home": None, "own file": "secret", "new file": 1,
        "child": "1\n", "group": 0, "null": 1, "random": 3, "itself": True, "pair": 2,
    }  # fmt: skip
    assert (inside.work / "new").read_text() == "1"


@every_way
def test_ends_are_told_as_they_are(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way)
    assert inside.run("import sys; sys.exit(3)").exit_code == 3
    assert inside.run("import os; os.kill(os.getpid(), 9)").exit_code == -9
    words = "import signal, sys, time\nsignal.signal(15, lambda *_: (print('last words'), sys.exit()))\n"
    done = inside.run(f"{words}print('up', flush=True)\ntime.sleep(600)", timeout=2)
    assert (done.timed_out, done.stdout) == (True, "up\nlast words\n")


@ways
def test_nothing_outside_can_be_written_or_read(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way)
    before = contents(tmp_path)
    names = sorted({*before, "repo/new.py", "home/.bashrc", "cache/entries/mypy/poison", "cache/scratch/other/new"})
    report = inside.report(
        """
import pathlib, shutil
root = pathlib.Path(os.environ["ROOT"])
for name in os.environ["NAMES"].split():
    attempt(f"read {name}", lambda: (root / name).read_text())
    attempt(f"make {name}", lambda: (root / name).parent.mkdir(parents=True, exist_ok=True))
    attempt(f"write {name}", lambda: (root / name).write_text("poison"))
    attempt(f"cut {name}", lambda: os.truncate(root / name, 0))
    attempt(f"delete {name}", lambda: (root / name).unlink())
attempt("all", lambda: shutil.rmtree(root / "cache" / "entries"))
attempt("link", lambda: (os.link(root / "home/.aws/credentials", "stolen"), open("stolen").read()))
attempt("etc", lambda: open("/etc/guardrails-was-here", "w").write("1"))
""",
        ROOT=str(tmp_path),
        NAMES=" ".join(names),
    )
    assert contents(tmp_path) == before
    assert "secret" not in report.values()
    assert not Path("/etc/guardrails-was-here").exists()
    assert "Error" in str(report["etc"])


@pytest.mark.parametrize("way", [SEPARATE[0], pytest.param(SEPARATE[1], marks=pytest.mark.slow)])
def test_nothing_outside_changes_its_mode_or_its_time(tmp_path: Path, way: str) -> None:
    """Landlock alone does not hold this: docs/decisions/0010-isolation.md."""
    inside = cell(tmp_path, way)
    files = [tmp_path / "repo" / ".env", tmp_path / "cache" / "entries" / "tree" / "file.py", tmp_path / "home"]
    before = [(path.stat().st_mode, path.stat().st_mtime) for path in files]
    code = "".join(
        f"attempt('mode {path.name}', lambda: os.chmod({str(path)!r}, 0o777))\n"
        f"attempt('time {path.name}', lambda: os.utime({str(path)!r}, (1, 1)))\n"
        for path in files
    )
    report = inside.report(code)
    assert [(path.stat().st_mode, path.stat().st_mtime) for path in files] == before
    assert all("Error" in str(answer) for answer in report.values()), report


@ways
def test_the_environment_of_the_next_run_cannot_be_poisoned(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way)
    name = f"poison_{tmp_path.name}"
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), sys.prefix, str(Path(os.__file__).parent)}
    code = f"""
for place in {sorted(places)!r}:
    for path in (f"{{place}}/{name}.pth", f"{{place}}/__pycache__/{name}.pyc"):
        attempt(path, lambda: open(path, "w").write("import os"))
"""
    report = inside.report(code)
    left = [path for path in map(Path, report) if path.exists()]
    for path in left:
        path.unlink()
    assert left == []
    assert all("Error" in str(answer) for answer in report.values()), report


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[dict[str, socket.socket]]:
    """Who listens outside: over TCP, UDP, and sockets with an abstract name and with a path."""
    kinds = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0guardrails-{os.getpid()}"),
        "path": (socket.AF_UNIX, socket.SOCK_STREAM, str(tmp_path / "s")),
    }
    with ExitStack() as stack:
        found = {}
        for name, (family, kind, place) in kinds.items():
            found[name] = stack.enter_context(socket.socket(family, kind))
            found[name].bind(place)
            found[name].setblocking(False)
            if kind == socket.SOCK_STREAM:
                found[name].listen()
        yield found


CALLS = """
place = json.loads(os.environ["PLACES"])
def stream(family, where):
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(5)
        caller.connect(where)
        return "reached"
attempt("tcp", lambda: stream(socket.AF_INET, tuple(place["tcp"])))
attempt("udp", lambda: (socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", tuple(place["udp"])), "sent")[1])
attempt("abstract", lambda: stream(socket.AF_UNIX, place["abstract"]))
attempt("path", lambda: stream(socket.AF_UNIX, place["path"]))
attempt("bind", lambda: (socket.create_server(("127.0.0.1", 0)), "bound")[1])
attempt("raw", lambda: (socket.socket(socket.AF_PACKET, socket.SOCK_RAW), "open")[1])
attempt("mptcp", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(tuple(place["tcp"])))
attempt("fast open", lambda: socket.socket().sendto(b"x", 0x20000000, tuple(place["tcp"])))
attempt("dns", lambda: socket.gethostbyname("example.org"))
"""


def called(outside: dict[str, socket.socket]) -> set[str]:
    """Those outside whom somebody has reached."""
    reached = set()
    for name, listener in outside.items():
        try:
            if name == "udp":
                listener.recv(9)
            else:
                listener.accept()[0].close()
            reached.add(name)
        except BlockingIOError:
            continue
    return reached


def places_of(outside: dict[str, socket.socket]) -> str:
    """Where they listen, as JSON."""
    names = {name: listener.getsockname() for name, listener in outside.items()}
    names["abstract"] = bytes(names["abstract"]).decode()
    return json.dumps(names)


@ways
def test_nobody_outside_can_be_called(tmp_path: Path, way: str, outside: dict[str, socket.socket]) -> None:
    report = cell(tmp_path / "cell", way).report(CALLS, PLACES=places_of(outside))
    # Landlock restricts no socket that has a path; only a file system of one's own hides it.
    assert called(outside) <= ({"path"} if way != "bubblewrap" else set()), report
    # In a network of its own a datagram goes nowhere, and nobody says so.
    for name in ("tcp", "abstract", "raw", "mptcp", "fast open", "dns"):
        assert "Error" in str(report[name]) or "gaierror" in str(report[name]), (name, report)


def test_where_tcp_cannot_be_held_the_note_says_so_and_the_rest_holds(
    tmp_path: Path, outside: dict[str, socket.socket]
) -> None:
    inside = cell(tmp_path / "cell", LANDLOCK, required=False)
    sandbox = inside.sandbox()
    before = sandbox.enclose(("/bin/true",), Confinement(), inside.work, inside.work)
    assert before.command[-1] == "/bin/true"
    assert "TCP, which was NOT held" in sandbox.notes()[0]
    report = inside.report(CALLS, PLACES=places_of(outside))
    assert called(outside) <= {"tcp", "path"}, report
    assert "Error" in str(report["udp"])
    assert "Error" in str(report["mptcp"])
    assert "Error" in str(report["fast open"])


@ways
def test_no_secret_of_the_caller_or_of_another_process_can_be_read(tmp_path: Path, way: str) -> None:
    inside = cell(tmp_path, way)
    code = """
import glob
def secrets():
    found = []
    for name in glob.glob("/proc/*/environ") + ["/proc/%d/environ" % os.getppid()]:
        try:
            found.append("GUARDRAILS_TEST_SECRET" in open(name).read())
        except OSError:
            pass
    return any(found)
attempt("found", lambda: secrets() or "GUARDRAILS_TEST_SECRET" in os.environ)
"""
    caller = {**os.environ, "GUARDRAILS_TEST_SECRET": "1"}
    with subprocess.Popen(["sleep", "600"], env=caller) as other:
        try:
            whole = f"{REPORT}\n{code}\nprint(found)"
            command = Command((sys.executable, "-c", whole), inside.work, confined=Confinement((inside.work,)))
            assert inside.runner(caller).run(command).stdout == "{'found': False}\n"
        finally:
            other.kill()


@ways
def test_there_is_no_privilege_to_use_or_to_gain(tmp_path: Path, way: str) -> None:
    code = "attempt('all', lambda: [line.split()[1] for line in open('/proc/self/status') if line[:6] in WANTED])"
    wanted = "WANTED = ('CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewP')"
    found = cell(tmp_path, way).report(f"{wanted}\n{code}")["all"]
    assert isinstance(found, list)
    permitted, effective, bounding, ambient, no_new = found
    assert {permitted, effective, ambient} == {"0" * 16}
    assert no_new == "1"
    assert bounding == "0" * 16 or os.geteuid() != 0


@ways
def test_no_other_process_can_be_signalled(tmp_path: Path, way: str) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        try:
            report = cell(tmp_path, way).report(f"attempt('kill', lambda: os.kill({other.pid}, 9))")
            assert "Error" in str(report["kill"])
            assert other.poll() is None
        finally:
            other.kill()


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


SERVER = """
import http.server, socket, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = "ready"
        if self.path != "/readyz":
            host, port = self.path[1:].split(":")
            try:
                socket.create_connection((host, int(port)), timeout=5)
                answer = "reached"
            except OSError as error:
                answer = type(error).__name__
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def asked(port: int, path: str) -> str:
    """What the server answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode().rpartition("\r\n")[2]


@ways
def test_a_service_is_reached_and_reaches_nobody(tmp_path: Path, way: str, outside: dict[str, socket.socket]) -> None:
    inside = cell(tmp_path / "cell", way)
    there = outside["tcp"].getsockname()[1]
    for calls_itself in (False, True):
        confined = Confinement((inside.work,), calls_itself=calls_itself)
        command = Command((sys.executable, "-c", SERVER, "{port}"), inside.work, confined=confined)
        with inside.runner().serve(command, ready_path="/readyz", ready_timeout=30) as service:
            assert asked(service.port, f"/127.0.0.1:{there}") == "PermissionError"
            expected = "reached" if calls_itself else "PermissionError"
            assert asked(service.port, f"/127.0.0.1:{service.port}") == expected
        assert eventually(lambda pid=service.pid: not Path(f"/proc/{pid}").exists())  # type: ignore[misc]
    assert called(outside) == set()


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


def test_the_namespaces_of_two_runs_are_two(tmp_path: Path) -> None:
    inside: Cell = cell(tmp_path, SEPARATE[0])
    code = "import os; open('/tmp/left', 'x'); open('/dev/shm/left', 'x')"
    assert [inside.run(code).exit_code for _ in range(2)] == [0, 0]
    assert not Path("/tmp/left").exists()
