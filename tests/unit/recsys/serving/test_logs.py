"""Log lines: one a record, with the request that it is about."""

import json
import logging
import sys

from recsys.serving.logs import REQUEST_ID, JsonFormatter, TextFormatter


def record(message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("recsys.serving", logging.WARNING, "file", 1, message, values, None)


def failed() -> logging.LogRecord:
    try:
        raise ZeroDivisionError("why")
    except ZeroDivisionError:
        return logging.LogRecord("recsys", logging.ERROR, "file", 1, "it failed", (), sys.exc_info())


def test_a_line_has_time_level_logger_request_and_message() -> None:
    named = REQUEST_ID.set("r1")
    try:
        time, *rest = TextFormatter().format(record("lost %d", 3)).split(" ")
    finally:
        REQUEST_ID.reset(named)
    assert time.endswith("Z")
    assert rest == ["WARNING", "recsys.serving", "r1", "lost", "3"]


def test_a_json_line_has_the_same_fields_on_one_line() -> None:
    line = JsonFormatter().format(record("two\nlines"))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("time").endswith("Z")
    assert fields == {
        "level": "WARNING",
        "logger": "recsys.serving",
        "request_id": "-",
        "message": "two\nlines",
    }


def test_a_failure_shows_its_traceback() -> None:
    assert "ZeroDivisionError: why" in TextFormatter().format(failed())
    assert "ZeroDivisionError: why" in json.loads(JsonFormatter().format(failed()))["traceback"]
