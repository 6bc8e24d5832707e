"""The decision log read again: the line about one request, as what the engine read then."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from recsys.adapters.columns import Column, packed, unpacked
from recsys.adapters.policies import DIRECTORY, kept_policy
from recsys.domain.config import Config
from recsys.domain.items import Catalogue
from recsys.domain.query import Query, Snapshot, UserState
from recsys.domain.recorded import Recorded
from recsys.domain.slate import Exchange
from recsys.errors import ReplayError


class _User(msgspec.Struct, frozen=True):
    """`UserState`, its columns packed."""

    user_id: str
    known: bool
    version: int
    market: str | None
    allow_explicit: bool | None
    history: Column
    times: Column
    strengths: Column
    liked: Column
    skipped: Column
    skip_times: Column
    blocked: Column
    blocked_artists: Column
    strict: bool = False  # lines of older versions do not say


class _Line(msgspec.Struct, frozen=True):
    """What a replay needs of a line; further fields are for others."""

    request_id: str
    route: str
    request: msgspec.Raw
    answer_sha256: str
    query: Query
    snapshot: Snapshot
    config: Config
    arms: dict[str, str]
    degraded: tuple[str, ...]
    user: _User


def user_columns(user: UserState) -> Mapping[str, Any]:
    """Return a user's state as it stands in a line."""
    values = {name: getattr(user, name) for name in _User.__struct_fields__}
    return {name: packed(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _state(user: _User) -> UserState:
    return UserState(
        user_id=user.user_id,
        known=user.known,
        version=user.version,
        market=user.market,
        allow_explicit=user.allow_explicit,
        history=unpacked(user.history),
        times=unpacked(user.times),
        strengths=unpacked(user.strengths),
        liked=unpacked(user.liked),
        skipped=unpacked(user.skipped),
        skip_times=unpacked(user.skip_times),
        blocked=unpacked(user.blocked),
        blocked_artists=unpacked(user.blocked_artists),
        strict=user.strict,
    )


class DecisionFiles:
    """The log in `directory`, written by any number of workers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, request_id: str, catalogue: Catalogue) -> Recorded:
        """Return the record of a request. catalogue: of the model that made it.

        Raises `ReplayError` when there is no such line, or when it is damaged or of an older version.
        """
        wanted = request_id.encode()
        for path in self._files():
            for line in _lines(path):
                if wanted in line and _request_id(line) == request_id:
                    return self._read(line, path, catalogue)
        raise ReplayError(
            f"no decision about request {request_id!r} in {self._directory}: name the state directory of the service "
            "with --state. Older decisions are rotated away; a line that the full queue dropped was never written"
        )

    def _files(self) -> list[Path]:
        """The newest first."""
        return sorted(self._directory.glob("*.jsonl*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _read(self, data: bytes, path: Path, catalogue: Catalogue) -> Recorded:
        try:
            line = msgspec.json.decode(data, type=_Line)
            user = _state(line.user)
        except (msgspec.MsgspecError, ValueError) as error:
            raise ReplayError(
                f"the line about this request in {path} cannot be replayed: {error}. It is damaged, or a version "
                "of the service wrote it that did not keep what a replay needs"
            ) from error
        return Recorded(
            exchange=Exchange(line.route, bytes(line.request), line.answer_sha256),
            query=line.query,
            user=user,
            policy=kept_policy(self._directory / DIRECTORY, line.snapshot.policy_version, catalogue),
            config=line.config,
            arms=line.arms,
            degraded=line.degraded,
            model_version=line.snapshot.model_version,
        )


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except OSError as error:
        raise ReplayError(f"the decision log {path} cannot be read: {error}") from error


class _Named(msgspec.Struct, frozen=True):
    request_id: str


def _request_id(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Named).request_id
    except msgspec.MsgspecError:
        return None
