"""Logging at the edge: plain text or JSON lines on standard error, each with the id of the request that it is about."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

import msgspec

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="-")
"""The request that the current task answers; "-" outside of one."""


class TextFormatter(logging.Formatter):
    """time level logger request message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, with a traceback below it when there is one."""
        line = f"{_time(record)} {record.levelname} {record.name} {REQUEST_ID.get()} {record.getMessage()}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line: a traceback is a field."""
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": REQUEST_ID.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def configure(*, json: bool, access: bool) -> None:
    """Send every logger of the process to standard error. access: one line for every request as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if json else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write every address that is asked, user ids too
    logging.getLogger("recsys.serving.access").setLevel(logging.INFO if access else logging.WARNING)
