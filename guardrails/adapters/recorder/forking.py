"""One answer from a forked copy of this process, which is gone, with all that it started, when the answer is there."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Answer = dict[str, Any]
_LONGEST = 2_000_000


def answer(fate: str, by: str = "", message: str = "") -> Answer:
    """What a copy says of a mutant."""
    return {"fate": fate, "by": by, "message": message}


def forked(work: Callable[[], Answer], limit: float, clock: Callable[[], float]) -> Answer | None:
    """What `work` returns in a copy; a crash where it ended without an answer, None where there was none in time."""
    reader, writer = os.pipe()
    token = secrets.token_hex(16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a plugin may have a thread: a copy that hangs for it is seen to
        child = os.fork()
    if not child:
        _answer_as_child(writer, token, work)
    os.close(writer)
    try:
        return heard(reader, token, clock() + limit, clock)
    finally:
        os.close(reader)
        for kill in (os.killpg, os.kill):
            with suppress(OSError):
                kill(child, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(child, 0)


def _answer_as_child(writer: int, token: str, work: Callable[[], Answer]) -> None:
    write, encode, leave = os.write, json.dumps, os._exit
    try:
        os.setpgid(0, 0)
        line = f"{token}{encode(work())}\n".encode()
        while line:
            line = line[write(writer, line) :]
    finally:
        leave(0)


def heard(reader: int, token: str, until: float, clock: Callable[[], float]) -> Answer | None:
    """The line that a copy wrote into a pipe, if it begins with the token that was made for that copy."""
    data = b""
    while not data.endswith(b"\n") and len(data) < _LONGEST:
        left = until - clock()
        if left <= 0:
            return None
        if select.select([reader], [], [], left)[0]:
            piece = os.read(reader, 65536)
            if not piece:
                return answer("crashed", message="the process that ran its tests was gone without an answer")
            data += piece
    line = data.decode("utf-8", "replace")
    if not line.startswith(token):
        return answer("crashed", message="what the process that ran its tests wrote is not the recorder's")
    told: Answer = json.loads(line[len(token) :])
    return told
