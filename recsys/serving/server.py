"""One serving process: a socket, uvicorn, and what signals do.

SIGTERM: /readyz turns 503 at once while requests are still answered for `drain_seconds`; then no connection is taken,
requests in flight get `stop_seconds`, and the process ends with status 0. SIGINT skips the first part. A second signal
ends at once what is left. SIGHUP: the model that is published by now is put in service.
"""

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Generator
from functools import partial
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn

from recsys.bootstrap import Loaded, artifact_directory, experiments, production, renewed
from recsys.errors import RecsysError
from recsys.ports import Outside
from recsys.serving import footprint
from recsys.serving.app import App, build
from recsys.serving.lifecycle import Phase
from recsys.serving.renewal import Renewal
from recsys.settings import ServeSettings

LOG: Final = logging.getLogger("recsys.serving")
BACKLOG: Final = 2_048
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class DrainingServer(uvicorn.Server):
    """uvicorn that says "not ready" before it stops, and ends with status 0 when it was asked to."""

    def __init__(
        self,
        config: uvicorn.Config,
        app: App,
        renewal: Renewal,
        drain_seconds: float,
        listening: Callable[[], None],
        settle: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._app, self._renewal, self._drain_seconds, self._listening = app, renewal, drain_seconds, listening
        self._settle = settle
        self._stop_at: float | None = None
        self._parent = os.getppid()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell that connections are taken."""
        await super().startup(sockets)
        if self.started:
            self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals. uvicorn would raise them again at the end, and the exit status would not be 0."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda *_: self._renewal.ask())
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; at a second signal, end."""
        del frame
        if self._stop_at is not None or self.should_exit:
            self.force_exit = self.should_exit = True
            return
        self._app.lifecycle.advance(Phase.DRAINING)
        self._stop_at = monotonic() + (self._drain_seconds if sig == signal.SIGTERM else 0.0)

    async def on_tick(self, counter: int) -> bool:
        """Stop when the time to drain is over, or when the parent is gone. Called ten times a second."""
        if self._stop_at is None and os.getppid() != self._parent and self._parent != 1:
            LOG.error("the parent process is gone; stopping")
            self.handle_exit(signal.SIGTERM, None)
        if self._stop_at is not None and monotonic() >= self._stop_at:
            self.should_exit = True
        if self._stop_at is None:
            self._renewal.tick()
        self._settle()
        return await super().on_tick(counter)


class AddressUnavailableError(RecsysError):
    """The address cannot be listened on. The operator frees it or names another."""


def bound(host: str, port: int) -> socket.socket:
    """Return a bound socket that does not listen yet. Raises `AddressUnavailableError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as opened:
            listener = opened.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            opened.pop_all()
    except OSError as error:
        raise AddressUnavailableError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; free it, or name another with --port"
        ) from error
    return listener


def run_worker(
    settings: ServeSettings,
    listener: socket.socket,
    worker: int,
    listening: Callable[[], None],
    before: Loaded | None = None,
) -> int:
    """Load the model and serve until a signal. Returns 0, or raises a `RecsysError` when the service cannot start.

    listening: called once, when connections are taken. worker: number of this process. before: what was loaded before
    it was forked.
    """
    layers = experiments(settings.experiments)
    directory = artifact_directory(settings.artifact)
    with contextlib.ExitStack() as opened:
        # Until the model is there, which is then the newest.
        opened.callback(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_IGN))
        seen = directory.stamp()
        outside = opened.enter_context(contextlib.closing(production(settings, worker, before)))
        app = build(outside, limits=settings.limits, layers=layers)
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=max(1, round(settings.stop_seconds)),
        )
        _settle(outside, shared=before is not None)
        load = partial(renewed, settings)
        renewal = Renewal(app, outside, load, _settle, directory.stamp, seen, settings.watch_seconds)
        settle = outside.telemetry.settle
        DrainingServer(config, app, renewal, settings.drain_seconds, listening, settle).run(sockets=[listener])
        settle()
    return 0


def _settle(outside: Outside, *, shared: bool = False) -> None:
    """Say what is served, and settle down with it."""
    footprint.settle(shared=shared)
    model = outside.published.model
    LOG.info(
        "model %s: %d tracks; a request without a market, by a user without one, is served as in %s",
        model.version,
        model.catalogue.size,
        outside.market,
    )
