"""An orderly end: Ctrl-C and a request to terminate leave nothing running and nothing behind."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 10.0
"""Seconds that a gate gets to notice that it was stopped."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Each of the signals raises KeyboardInterrupt in the main thread, once: the clean-up is not interrupted again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # What the caller has us ignore (nohup does so with SIGHUP) stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def wait_until(done: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether `done` came true in time."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
