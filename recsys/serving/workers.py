"""Several serving processes on one socket: forked when the model is loaded, watched, restarted, stopped together.

Forked after loading they share the memory of the model, its titles and its search index. The parent keeps none of it:
a worker that is started again, or that puts another model in service, loads its own.
"""

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic
from types import FrameType
from typing import Final

from recsys.bootstrap import Loaded, loaded
from recsys.errors import RecsysError
from recsys.serving import footprint
from recsys.serving.server import SIGNALS, bound, run_worker
from recsys.settings import ServeSettings

LOG: Final = logging.getLogger("recsys.serving")
METRICS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # read by the metrics library when a worker imports it
SPARE_SECONDS: Final = 5.0
CANNOT_START: Final = 2
STOPPED: Final = (0, -signal.SIGTERM, -signal.SIGINT)  # a worker that is told to stop while it loads dies of the signal


def serve(settings: ServeSettings) -> int:
    """Serve until a signal; return the exit status. Raises a `RecsysError` when the service cannot start.

    When connections are taken, prints `listening on http://HOST:PORT` on standard output.
    """
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(bound(settings.host, settings.port))
        announce = partial(_announce, listener)
        if settings.workers == 1:
            return run_worker(settings, listener, 0, announce)
        metrics = opened.enter_context(tempfile.TemporaryDirectory(prefix="recsys-metrics-"))
        os.environ[METRICS_VARIABLE] = metrics
        return Workers(settings, listener, announce).run()


def _announce(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"listening on http://{shown}:{port}\n")
    sys.stdout.flush()


class Workers:
    """The parent of `settings.workers` processes. It loads for them and serves nothing itself."""

    def __init__(self, settings: ServeSettings, listener: socket.socket, announce: Callable[[], None]) -> None:
        self._settings, self._listener, self._announce = settings, listener, announce
        self._ready_reader, self._ready_writer = os.pipe()
        self._alive: dict[int, int] = {}  # process id to worker number
        self._ready = 0
        self._kill_at: float | None = None
        self._status = 0

    def run(self) -> int:
        """Return 0 when all ended as asked, 1 when one did not, 2 when one could not start (it has said why).

        Raises a `RecsysError` when the model cannot be loaded.
        """
        with self._signals():
            self._start()
            while self._alive:
                self._hear()
                self._reap()
                if self._kill_at is not None and monotonic() > self._kill_at:
                    self._send(signal.SIGKILL)
        return self._status

    def _start(self) -> None:
        """Load, fork the workers, and let go of what they have now."""
        before = loaded(self._settings)
        footprint.settle()
        if self._kill_at is None:  # nobody has told it to stop meanwhile
            for worker in range(self._settings.workers):
                self._fork(worker, before)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda number, _: self._send(number))
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._stop(number)

    def _stop(self, number: int) -> None:
        if self._kill_at is None:
            self._kill_at = monotonic() + self._settings.drain_seconds + self._settings.stop_seconds + SPARE_SECONDS
        self._send(number)

    def _send(self, number: int) -> None:
        for process in tuple(self._alive):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _fork(self, worker: int, before: Loaded | None = None) -> None:
        # Held back until the child is known here and has handlers of its own: a signal in between would run the
        # parent's handler in the child, which would then go on serving until it is killed.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        process = os.fork()
        if process:
            self._alive[process] = worker
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            return
        os._exit(self._child(worker, before))

    def _child(self, worker: int, before: Loaded | None) -> int:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which passes it on once
        os.close(self._ready_reader)
        try:
            return run_worker(self._settings, self._listener, worker, lambda: _tell(self._ready_writer), before)
        except RecsysError as error:
            sys.stderr.write(f"recsys: error: {error}\n")
            return CANNOT_START
        except BaseException:
            LOG.exception("worker %d failed", worker)
            return 1
        finally:
            logging.shutdown()

    def _hear(self) -> None:
        """Wait up to 0.1 s for workers that take connections; announce when all do."""
        heard, _, _ = select.select([self._ready_reader], [], [], 0.1)
        if not heard:
            return
        before = self._ready
        self._ready += len(os.read(self._ready_reader, 64))
        if before < self._settings.workers <= self._ready:
            self._announce()

    def _reap(self) -> None:
        while self._alive:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            worker = self._alive.pop(process)
            code = os.waitstatus_to_exitcode(status)
            if self._kill_at is not None:
                self._status = self._status or int(code not in STOPPED)
            elif self._ready < self._settings.workers:
                self._status = CANNOT_START
                self._stop(signal.SIGTERM)
            else:
                LOG.error("worker %d ended with status %d; starting it again", worker, code)
                self._fork(worker)


def _tell(pipe: int) -> None:
    os.write(pipe, b".")
