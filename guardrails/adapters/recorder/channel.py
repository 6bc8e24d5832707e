"""The one way in which this process says something to its parent."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Protocol

LONGEST = 6000
"""Characters of a traceback or a message that are kept."""
RECORD = "guardrails.record"
"""The audit event by which the recorder says something: `sys.audit(RECORD, kind, fields)`.

The writer stands behind an audit hook (`watch.py`), so that no object of pytest leads to it.
"""


class Say(Protocol):
    """Writes one record."""

    def __call__(self, kind: str, /, **fields: object) -> None: ...


def speaker(channel: int, key: bytes, root: str) -> Say:
    """The writer of records, one a line: an HMAC-SHA256 in hexadecimal, a space, a JSON object with its number.

    Paths below `root`, where the copy of the tree lies, are said relative to it. All that it needs is bound here, so
    that patching `os.write` or `json.dumps` later changes nothing.
    """
    write, digest, encode, getpid, owner = os.write, hmac.new, json.JSONEncoder().encode, os.getpid, os.getpid()
    place, said = encode(f"{root}{os.sep}")[1:-1], 0

    def say(kind: str, /, **fields: object) -> None:
        nonlocal said
        if getpid() != owner:
            return
        body = encode({"n": said, "kind": kind, **fields}).replace(place, "").encode()
        said += 1
        line = digest(key, body, hashlib.sha256).hexdigest().encode() + b" " + body + b"\n"
        while line:
            line = line[write(channel, line) :]

    return say


def end_of(text: str) -> str:
    """The end of a long text, where a traceback says what went wrong."""
    return text if len(text) <= LONGEST else "…" + text[-LONGEST:]
