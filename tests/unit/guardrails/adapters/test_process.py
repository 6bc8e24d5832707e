"""Programs under the judge: a clean environment, bounded output, and nothing that outlives its run."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardrails.adapters.environment import environment
from guardrails.adapters.process import ProcessRunner
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.ports import Command

LINUX = sys.platform == "linux"


@pytest.fixture
def stopped() -> threading.Event:
    """Set: everything must end."""
    return threading.Event()


@pytest.fixture
def processes(tmp_path: Path, stopped: threading.Event) -> Iterator[ProcessRunner]:
    """A runner whose private directories must all be gone at the end."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    yield ProcessRunner(scratch, os.environ, stopped)
    assert list(scratch.iterdir()) == []


def python(tmp_path: Path, code: str, **more: object) -> Command:
    """A command that runs a piece of Python."""
    return Command((sys.executable, "-c", code), tmp_path, **more)  # type: ignore[arg-type]


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true within a generous time."""
    until = time.monotonic() + 20
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has collected yet has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    if not LINUX:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_output_and_exit_status_come_back(processes: ProcessRunner, tmp_path: Path) -> None:
    done = processes.run(python(tmp_path, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert (done.exit_code, done.stdout, done.stderr, done.truncated) == (3, "out\n", "err\n", False)
    assert not done.timed_out


def test_a_signal_is_a_negative_exit_status(processes: ProcessRunner, tmp_path: Path) -> None:
    done = processes.run(python(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    assert done.exit_code == -signal.SIGKILL


def test_arguments_are_data_and_standard_input_is_empty(processes: ProcessRunner, tmp_path: Path) -> None:
    hostile = ["$(touch owned)", "; touch owned", "a b", "*", "", "'\"\n"]
    code = "import sys, json; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"
    done = processes.run(Command((sys.executable, "-c", code, *hostile), tmp_path))
    assert json.loads(done.stdout) == [hostile, ""]
    assert not (tmp_path / "owned").exists()


def test_the_environment_holds_nothing_of_the_callers_but_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "AWS_SECRET_ACCESS_KEY GITHUB_TOKEN HTTPS_PROXY https_proxy PYTHONSTARTUP PYTHONPATH"
    for name in names.split():
        monkeypatch.setenv(name, "secret")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = ProcessRunner(scratch, os.environ).run(
        python(tmp_path, "import os, json; print(json.dumps(dict(os.environ)))", env={"MINE": "1"})
    )
    found = json.loads(done.stdout)
    assert "secret" not in found.values()
    assert found["MINE"] == "1"
    assert found["HOME"].startswith(str(scratch))
    assert found["TMPDIR"].startswith(str(scratch))
    assert (found["PYTHONHASHSEED"], found["PACT_DO_NOT_TRACK"], found["OMP_NUM_THREADS"]) == ("0", "true", "1")
    allowed = {"PATH", "HOME", "TMPDIR", "MINE", "GUARDRAILS_RUN", "PWD", "LD_LIBRARY_PATH", "SHLVL", "_", "OLDPWD"}
    fixed = set(environment(scratch, {}, {}))
    assert set(found) <= allowed | fixed


def test_a_relative_entry_of_the_path_is_left_out() -> None:
    found = environment(Path("/private"), {"PATH": f"bin{os.pathsep}/usr/bin{os.pathsep}.{os.pathsep}"}, {})
    assert found["PATH"] == "/usr/bin"


def test_home_and_temporary_directory_are_private_to_one_command(processes: ProcessRunner, tmp_path: Path) -> None:
    code = """
import os, pathlib, tempfile
assert not any(pathlib.Path(os.environ["TMPDIR"]).iterdir())
open(tempfile.mkstemp()[1], "w").write("1")
(pathlib.Path.home() / "left").write_text("1")
print(tempfile.gettempdir())
"""
    one, two = processes.run(python(tmp_path, code)), processes.run(python(tmp_path, code))
    assert (one.exit_code, two.exit_code) == (0, 0), two.stderr
    assert one.stdout != two.stdout
    assert not Path(one.stdout.strip()).exists()


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program", "/no/such/program"])
def test_a_program_that_is_not_there_is_a_missing_tool(processes: ProcessRunner, tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolMissingError, match=f"{name} is not installed"):
        processes.run(Command((name,), tmp_path))


def test_a_program_with_a_slash_is_relative_to_the_directory(processes: ProcessRunner, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "hello").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "bin" / "hello").chmod(0o755)
    assert processes.run(Command(("bin/hello",), tmp_path)).stdout == "hello\n"


def test_output_past_the_limit_is_thrown_away_and_said_to_be(processes: ProcessRunner, tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write('a' * 100_000 + 'the end'); sys.stderr.write('b')"
    done = processes.run(python(tmp_path, code, output_limit=1000))
    assert done.truncated
    assert done.stdout.startswith("a" * 1000 + "\n[")
    assert "bytes were thrown away here" in done.stdout
    assert done.stdout.endswith("the end")
    assert len(done.stdout) < 20_000
    assert done.stderr == "b"


def test_output_without_end_costs_no_memory_and_no_deadlock(processes: ProcessRunner, tmp_path: Path) -> None:
    code = """
import os
for _ in range(128):
    for descriptor in (1, 2):
        data = memoryview(b"x" * (1 << 20))
        while data:
            data = data[os.write(descriptor, data):]
"""
    done = processes.run(python(tmp_path, code, timeout=120, output_limit=1_000_000))
    assert (done.exit_code, done.truncated) == (0, True)
    assert len(done.stdout) + len(done.stderr) < 2_100_000


def test_a_channel_brings_back_what_was_written_there_and_no_more(processes: ProcessRunner, tmp_path: Path) -> None:
    code = "import os; os.write(int(os.environ['GUARDRAILS_CHANNEL']), b'recorded'); print('said')"
    done = processes.run(python(tmp_path, code, channel_limit=100))
    assert (done.channel, done.stdout) == (b"recorded", "said\n")
    assert processes.run(python(tmp_path, code, channel_limit=3)).channel == b"rec"
    plain = processes.run(python(tmp_path, "import os; print('GUARDRAILS_CHANNEL' in os.environ)"))
    assert (plain.stdout, plain.channel) == ("False\n", b"")


def family(tmp_path: Path, before: str = "", after: str = "wait", timeout: float = 1) -> Command:
    """A shell with a child, both of which say who they are and then stay for ten minutes."""
    return Command(("sh", "-c", f"{before} sleep 600 & echo $$ $!; {after}"), tmp_path, timeout=timeout)


def all_gone(pids: str) -> bool:
    """Whether the two that said who they are have ended."""
    assert len(pids.split()) == 2
    return eventually(lambda: all(is_gone(int(pid)) for pid in pids.split()))


def test_at_its_time_out_a_program_dies_with_its_children(processes: ProcessRunner, tmp_path: Path) -> None:
    done = processes.run(family(tmp_path))
    assert done.timed_out
    assert done.exit_code is None
    assert all_gone(done.stdout)


def test_a_program_that_ignores_the_request_to_end_is_killed(processes: ProcessRunner, tmp_path: Path) -> None:
    done = processes.run(family(tmp_path, before="trap '' TERM;"))
    assert done.timed_out
    assert all_gone(done.stdout)


def test_what_a_program_says_when_it_is_asked_to_end_is_kept(processes: ProcessRunner, tmp_path: Path) -> None:
    done = processes.run(family(tmp_path, before="trap 'echo last words; exit' TERM;"))
    assert done.timed_out
    assert done.stdout.endswith("last words\n")


def test_children_that_are_left_behind_die_with_the_run_and_hold_nothing_up(
    processes: ProcessRunner, tmp_path: Path
) -> None:
    # The child holds the pipes open for ten minutes: a run that waited for it would be timed out.
    done = processes.run(family(tmp_path, after="exit 0", timeout=120))
    assert done.exit_code == 0
    assert all_gone(done.stdout)


@pytest.mark.skipif(not LINUX, reason="what left the group is found through /proc")
def test_a_daemon_that_left_its_group_dies_too(processes: ProcessRunner, tmp_path: Path) -> None:
    code = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("daemon.pid", "w").write(str(os.getpid()))
        for descriptor in (0, 1, 2): os.close(descriptor)
        time.sleep(600)
    os._exit(0)
while not (os.path.exists("daemon.pid") and open("daemon.pid").read()): time.sleep(0.01)
"""
    done = processes.run(python(tmp_path, code, timeout=120))
    assert done.exit_code == 0, done.stderr
    assert eventually(lambda: is_gone(int((tmp_path / "daemon.pid").read_text())))


def test_a_file_of_more_than_two_gibibytes_ends_its_writer(processes: ProcessRunner, tmp_path: Path) -> None:
    code = "f = open('big', 'wb'); f.seek(3 << 30); f.write(b'x'); f.flush()"
    done = processes.run(python(tmp_path, code))
    assert done.exit_code not in {0, None}
    assert (tmp_path / "big").stat().st_size <= 2 << 30


def test_stopping_kills_what_runs_and_refuses_what_comes(
    processes: ProcessRunner, tmp_path: Path, stopped: threading.Event
) -> None:
    caught: list[BaseException] = []
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"

    def work() -> None:
        try:
            processes.run(python(tmp_path, code))
        except JudgementError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert eventually(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    stopped.set()
    thread.join(30)
    assert [str(error) for error in caught] == ["the check was stopped"]
    assert eventually(lambda: is_gone(int((tmp_path / "pid").read_text())))
    with pytest.raises(JudgementError, match="was stopped"):
        processes.run(python(tmp_path, "pass"))


def test_many_threads_may_run_programs_at_once(processes: ProcessRunner, tmp_path: Path) -> None:
    found: dict[int, str] = {}

    def work(number: int) -> None:
        found[number] = processes.run(python(tmp_path, f"print({number})")).stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {number: f"{number}\n" for number in range(6)}


SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        ready = self.path == "/readyz" and Handler.asked > 2
        self.send_response(200 if ready or self.path == "/" else 503)
        self.end_headers()
        self.wfile.write(" ".join(sys.argv[1:]).encode())
    def log_message(self, *_): print("x" * 5000)
print("starting", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_is_waited_for_and_stopped_on_leaving(processes: ProcessRunner, tmp_path: Path) -> None:
    command = Command((sys.executable, "-c", SERVER, "{port}", "--other={other}"), tmp_path)
    with processes.serve(command, ready_path="/readyz", ready_timeout=30, ports={"other": 7}) as service:
        assert service.url == f"http://127.0.0.1:{service.port}"
        for _ in range(20):  # its log fills the pipe, which must be kept empty
            with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert f"{service.port} --other=7".encode() in answer
    assert eventually(lambda: is_gone(service.pid))


def test_a_server_that_ends_before_it_is_ready_is_quoted(processes: ProcessRunner, tmp_path: Path) -> None:
    command = python(tmp_path, "import sys; print('no database', file=sys.stderr); sys.exit(4)")
    with (
        pytest.raises(JudgementError, match=r"exit status 4 before it was ready\. Its output ends: no database"),
        processes.serve(command, ready_path="/readyz", ready_timeout=30),
    ):
        pass


def test_a_server_that_is_never_ready_is_killed(processes: ProcessRunner, tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    with (
        pytest.raises(JudgementError, match=r"did not answer 200 to GET /readyz within 1 seconds, and wrote nothing"),
        processes.serve(python(tmp_path, code), ready_path="/readyz", ready_timeout=1),
    ):
        pass
    assert eventually(lambda: is_gone(int((tmp_path / "pid").read_text())))


def test_a_server_dies_when_its_user_fails(processes: ProcessRunner, tmp_path: Path) -> None:
    command = Command((sys.executable, "-c", SERVER, "{port}"), tmp_path)
    pids: list[int] = []

    def use() -> None:
        with processes.serve(command, ready_path="/", ready_timeout=30) as service:
            pids.append(service.pid)
            raise ValueError("the gate crashed")

    with pytest.raises(ValueError, match="the gate crashed"):
        use()
    assert eventually(lambda: is_gone(pids[0]))


def test_a_port_that_was_taken_meanwhile_is_tried_again(
    processes: ProcessRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = processes.free_port()
        ports = iter([taken.getsockname()[1], free])
        monkeypatch.setattr(processes, "free_port", lambda: next(ports))
        command = Command((sys.executable, "-c", SERVER, "{port}"), tmp_path)
        # The other program never answers, so the first attempt can only end by the server's own failure.
        with processes.serve(command, ready_path="/", ready_timeout=30) as service:
            assert service.port == free


def test_a_free_port_is_given_once(processes: ProcessRunner) -> None:
    ports = [processes.free_port() for _ in range(50)]
    assert len(set(ports)) == 50


@pytest.mark.skipif(not LINUX, reason="only Linux lets a process adopt orphans")
def test_a_daemon_that_hides_its_environment_is_adopted_and_ended(tmp_path: Path) -> None:
    daemon = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
        os.execve(sys.executable, [sys.executable, "-c", code], {})
    os._exit(0)
"""
    judge = f"""
import os, pathlib, subprocess, sys, time
from guardrails.adapters.killing import adopt_orphans, end_children
adopt_orphans()
subprocess.run([sys.executable, "-c", {daemon!r}], check=True)
while not (os.path.exists("pid") and open("pid").read()): time.sleep(0.01)
end_children()
"""
    root = Path(__file__).resolve().parents[4]
    subprocess.run([sys.executable, "-c", judge], cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=True, timeout=60)
    assert is_gone(int((tmp_path / "pid").read_text()))
