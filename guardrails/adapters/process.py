"""Programs, each in a process group of its own that dies with its run, in an environment that holds nothing of ours."""

import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from guardrails.adapters.capture import Capture, Pump
from guardrails.adapters.environment import environment
from guardrails.adapters.killing import Group
from guardrails.adapters.sandbox.choice import Enclosed, Sandbox
from guardrails.adapters.sandbox.watch import Watch
from guardrails.adapters.scratch import remove
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.ports import Command, Completed, Service

_TICK = 0.05
_GRACE, _SERVER_GRACE = 1.0, 5.0
_READY_TICK, _READY_REQUEST = 0.02, 2.0
_LAST_WORDS = 1.0
_ATTEMPTS = 3
_QUOTED = 2_000
# A file of more than 2 GiB (the unit is 512 bytes) ends the program that writes it. The shell sets the bounds, because
# Python code between fork and exec can deadlock where there are threads.
_BOUNDED = ("/bin/sh", "-c", 'ulimit -c 0; ulimit -f 4194304 2>/dev/null; exec "$@"', "sh")


@dataclass(slots=True)
class _Running:
    """A program that runs, with what is kept of its output."""

    group: Group
    out: Capture
    err: Capture
    channel: Capture
    pump: Pump
    watch: Watch | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The leader of the group."""
        return self.group.process


class ProcessRunner:
    """`Processes` whose homes and temporary directories lie below `scratch`, which the caller removes.

    Safe to use from several threads. `caller` is the caller's environment. Once `stopped` is set, every program is
    killed by the thread that waits for it, and none can be started. Without a `sandbox` nothing is confined.
    """

    def __init__(
        self,
        scratch: Path,
        caller: Mapping[str, str],
        stopped: threading.Event | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._scratch = scratch
        self._caller = dict(caller)
        self._stopped = stopped or threading.Event()
        self._guard = threading.Lock()
        self._count = 0
        self._ports: set[int] = set()

    def run(self, command: Command) -> Completed:
        """Run to the end.

        Raises:
            ToolMissingError: the program is not there.
            JudgementError: the check was stopped.
        """
        started = time.monotonic()
        with self._started(command, grace=_GRACE) as running:
            timed_out, stopped = self._wait(running, started + command.timeout)
            # Before the last bytes are read: a program of the group that still writes would never be done.
            running.group.end(_GRACE if timed_out else 0)
            running.pump.drain()
            code = None if timed_out else running.group.exit_code
            running.err.feed(_farewell(stopped))
        return Completed(
            code,
            running.out.text,
            running.err.text,
            time.monotonic() - started,
            running.out.truncated or running.err.truncated,
            running.channel.data,
            stopped,
        )

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        """Start a server and wait until `GET ready_path` answers 200; stop it on leaving.

        Raises:
            JudgementError: it ended or did not answer in time; the message quotes the end of its output.
            ToolMissingError: the program is not there.
        """
        with ExitStack() as stack:
            for attempt in range(1, _ATTEMPTS + 1):
                port = self.free_port()
                running = stack.enter_context(self._started(_with_ports(command, port, ports), grace=_SERVER_GRACE))
                stack.enter_context(_pumped(running))
                trouble = self._await_ready(running, port, ready_path, ready_timeout)
                if not trouble:
                    break
                _read_to_the_end(running)
                # Another program may have taken the port since it was found free.
                if attempt == _ATTEMPTS or "address already in use" not in running.err.text.lower():
                    raise JudgementError(f"{_name(command)} {trouble}{_quoted(running)}")
            yield Service(f"http://127.0.0.1:{port}", port, running.process.pid)

    def free_port(self) -> int:
        """A loopback port that is free now, and that this runner has not given out before."""
        for _ in range(100):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            with self._guard:
                if port not in self._ports:
                    self._ports.add(port)
                    return port
        raise JudgementError("no free loopback port was found in 100 attempts. End programs that hold them.")

    @contextmanager
    def _started(self, command: Command, *, grace: float) -> Iterator[_Running]:
        """A program that is gone, with its directories, on leaving."""
        with self._guard:
            self._count += 1
            private = self._scratch / str(self._count)
        (private / "tmp").mkdir(parents=True)
        try:
            with ExitStack() as stack:
                running = self._spawn(command, private, stack)
                stack.callback(running.group.end, grace)
                yield running
        finally:
            remove(private)

    def _spawn(self, command: Command, private: Path, stack: ExitStack) -> _Running:
        self._refuse_if_stopped()
        mark = secrets.token_hex(16)
        env = environment(private, self._caller, {**command.env, "GUARDRAILS_RUN": mark})
        program = _program(command, env["PATH"])
        enclosed = self._enclosed((program, *command.argv[1:]), command, private)
        channels: tuple[int, ...] = ()
        with ExitStack() as writing:
            if command.channel_limit:
                reader, writer = os.pipe()
                stack.callback(os.close, reader)
                writing.callback(os.close, writer)
                channels, env["GUARDRAILS_CHANNEL"] = (reader, writer), str(writer)
            process = subprocess.Popen(  # noqa: S603 - a list of arguments; the shell sees them as data
                enclosed.command,
                cwd=command.cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=channels[1:],
            )
        running = _captured(Group(process, mark, apart=enclosed.apart), command, channels[:1], stack)
        running.watch = Watch(process.pid, enclosed.limits, enclosed.writes) if enclosed.limits else None
        return running

    def _enclosed(self, argv: tuple[str, ...], command: Command, private: Path) -> Enclosed:
        """How to start a program: within bounds, and an untrusted one in the sandbox."""
        asked = command.confined
        for place in asked.writes if asked else ():
            place.mkdir(parents=True, exist_ok=True)
        if asked is None or self._sandbox is None:
            return Enclosed((*_BOUNDED, *argv))
        return self._sandbox.enclose(argv, asked, private, command.cwd)

    def _wait(self, running: _Running, until: float) -> tuple[bool, str]:
        """Move output until the program ends. Whether it was still running at its time-out, and the limit that it is
        to be killed at, in words."""
        while running.process.poll() is None:
            self._refuse_if_stopped()
            if running.watch and (trouble := running.watch.exceeded()):
                return False, trouble
            left = until - time.monotonic()
            if left <= 0:
                return True, ""
            if running.pump.open:
                running.pump.step(min(_TICK, left))
            else:
                with suppress(subprocess.TimeoutExpired):
                    running.process.wait(min(_TICK, left))
        return False, ""

    def _await_ready(self, running: _Running, port: int, path: str, timeout: float) -> str:
        """An empty string when the server answers, else what went wrong."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            self._refuse_if_stopped()
            if running.process.poll() is not None:
                return f"ended with exit status {running.group.exit_code} before it was ready"
            if _answers(port, path):
                return ""
            self._stopped.wait(_READY_TICK)
        return f"did not answer 200 to GET {path} within {timeout:g} seconds"

    def _refuse_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise JudgementError("the check was stopped")


def _captured(group: Group, command: Command, channel: tuple[int, ...], stack: ExitStack) -> _Running:
    """The started program with its pipes attached; they are closed on leaving."""
    out, err, extra = (Capture(n) for n in (command.output_limit, command.output_limit, command.channel_limit))
    pipes = dict.fromkeys(channel, extra)
    for stream, capture in ((group.process.stdout, out), (group.process.stderr, err)):
        assert stream is not None
        stack.callback(stream.close)
        pipes[stream.fileno()] = capture
    pump = Pump(pipes)
    stack.callback(pump.close)
    return _Running(group, out, err, extra, pump)


def _program(command: Command, path: str) -> str:
    """The program as an absolute path; one with a slash in it is relative to the command's directory."""
    name = command.argv[0]
    found = shutil.which(command.cwd / name if "/" in name else name, path=path)
    if found is None:
        raise ToolMissingError(f"{name} is not installed, or is not a program. Install it, or correct its name.")
    return str(found)


def _with_ports(command: Command, port: int, ports: Mapping[str, int] | None) -> Command:
    values = {**(ports or {}), "port": port}
    confined = replace(command.confined, ports=tuple(values.values())) if command.confined else None
    return replace(command, argv=tuple(_filled(part, values) for part in command.argv), confined=confined)


def _filled(part: str, values: Mapping[str, int]) -> str:
    for name, value in values.items():
        part = part.replace(f"{{{name}}}", str(value))
    return part


def _answers(port: int, path: str) -> bool:
    import http.client  # takes a tenth of the start of a fast check, which serves nothing

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_READY_REQUEST)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _pumped(running: _Running) -> Iterator[None]:
    """Keep the server's pipes empty while it runs, or it would stop at a full one, and it within its limits."""
    done = threading.Event()

    def pump() -> None:
        while not done.is_set():
            if running.pump.open:
                running.pump.step(_TICK)
            else:
                done.wait(_TICK)
            if running.watch and (trouble := running.watch.exceeded()):
                running.err.feed(_farewell(trouble))
                running.group.end()
                return

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _read_to_the_end(running: _Running) -> None:
    """Wait until what a server wrote before it ended is read; a child that it left behind may keep the pipes open."""
    until = time.monotonic() + _LAST_WORDS
    while running.pump.open and running.process.poll() is not None and time.monotonic() < until:
        time.sleep(_TICK)


def _farewell(trouble: str) -> bytes:
    return f"\nguardrails killed it, because {trouble}\n".encode() if trouble else b""


def _name(command: Command) -> str:
    return " ".join(command.argv[:6])


def _quoted(running: _Running) -> str:
    text = (running.out.text + running.err.text).strip()
    return f". Its output ends: {text[-_QUOTED:]}" if text else ", and wrote nothing"
