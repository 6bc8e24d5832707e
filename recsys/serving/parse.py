"""From bytes to the types of `wire`: strictly, and with the place of what is wrong."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect
from starlette.types import Receive

from recsys.serving.problems import ProblemType, Refusal, wrong_field

Parsed = TypeVar("Parsed")
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]

JSON_TYPE: Final = re.compile(rb'application/json[ \t]*(;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?', re.IGNORECASE)
INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
AT_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
STEP: Final = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]+|\.\.\.)\]")
UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
MISSING: Final = re.compile(r"^Object missing required field `(?P<name>.*)`$")
BOOLEANS: Final = {"true": True, "false": False}
MAX_PARAMETERS: Final = 32


class Disconnected(Exception):  # noqa: N818  not an error: nobody is left to answer
    """The client went away before its request was complete."""


def check_json(headers: RawHeaders) -> None:
    """Raise a refusal unless the body is declared as JSON."""
    declared = next((value for name, value in headers if name == b"content-type"), None)
    if declared is None or not JSON_TYPE.fullmatch(declared.strip()):
        said = "is missing" if declared is None else f"is {declared.decode('latin-1')[:100]!r}"
        raise Refusal(ProblemType.UNSUPPORTED_MEDIA_TYPE, f"Content-Type {said}; send application/json in UTF-8")


async def read_body(receive: Receive, headers: RawHeaders, limit: int, seconds: float) -> bytes:
    """Read the whole body, at most `limit` bytes within `seconds`, whatever Content-Length says.

    Raises a refusal for more, or for a body that does not arrive; `Disconnected` when the client went away.
    """
    length = next((value for name, value in headers if name == b"content-length"), b"")
    if length.isdigit() and int(length[:18]) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, limit)
    except TimeoutError:
        raise Refusal(
            ProblemType.REQUEST_TIMEOUT,
            f"the body was not complete after {seconds:g} seconds; send it again",
            headers=(("connection", "close"),),
        ) from None


async def _whole(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        ProblemType.BODY_TOO_LARGE,
        f"the body has more than {limit} bytes; send less at a time",
        headers=(("connection", "close"),),
    )


def decode(decoder: msgspec.json.Decoder[Parsed], body: bytes) -> Parsed:
    """Decode a JSON body. Raises a refusal: malformed JSON, or the field that is wrong."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise located(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(ProblemType.MALFORMED_JSON, f"the body cannot be read as JSON in UTF-8: {error}") from None


def located(error: msgspec.ValidationError) -> Refusal:
    """Turn the path that msgspec names into an RFC 6901 pointer, down to the unknown or missing field."""
    found = AT_PATH.match(str(error))
    what, path = (found["what"], found["path"] or "") if found else (str(error), "")
    steps = [step["name"] or step["index"] for step in STEP.finditer(path)]
    for pattern, detail in ((UNKNOWN, "unknown field; remove it"), (MISSING, "required field is missing")):
        if named := pattern.match(what):
            return wrong_field(_pointer([*steps, named["name"]]), detail)
    return wrong_field(_pointer(steps), what)


def _pointer(steps: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


class QueryParser(Generic[Parsed]):
    """Reads the query parameters of one type. A parameter may stand once; an unknown one is refused."""

    def __init__(self, wanted: type[Parsed]) -> None:
        self._wanted = wanted
        self._integers = _fields_of(wanted, inspect.IntType)
        self._booleans = _fields_of(wanted, inspect.BoolType)

    def parse(self, query_string: bytes) -> Parsed:
        """Return the parameters. Raises a refusal that names the parameter."""
        values: dict[str, str | int | bool] = {}
        for name, text in _pairs(query_string):
            if name in values:
                raise wrong_field(_pointer([name]), "given more than once")
            values[name] = self._value(name, text)
        try:
            return msgspec.convert(values, self._wanted)
        except msgspec.ValidationError as error:
            raise located(error) from None

    def _value(self, name: str, text: str) -> str | int | bool:
        if name in self._integers and INTEGER.fullmatch(text):
            return int(text)
        if name in self._booleans:
            return BOOLEANS.get(text, text)
        return text


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        text = query_string.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:  # UnicodeDecodeError is one
        detail = f"the query string must be percent-encoded UTF-8 of at most {MAX_PARAMETERS} parameters"
        raise Refusal(ProblemType.INVALID_REQUEST, detail) from None


def _fields_of(wanted: type, kind: type[inspect.Type]) -> frozenset[str]:
    info = inspect.type_info(wanted)
    fields = info.fields if isinstance(info, inspect.StructType) else ()
    return frozenset(
        field.encode_name for field in fields if any(isinstance(part, kind) for part in _parts(field.type))
    )


def _parts(type_: inspect.Type) -> list[inspect.Type]:
    if isinstance(type_, inspect.Metadata):
        return _parts(type_.type)
    if isinstance(type_, inspect.UnionType):
        return [part for member in type_.types for part in _parts(member)]
    return [type_]
