"""Asks one service over HTTP, within a budget: time-outs, bounded retries, a circuit breaker, a bounded answer.

httpx knows time-outs of each phase; a body that trickles passes them all, so each attempt stands under a clock as well.
Retries are tenacity's, and end before the budget does; the circuit is pybreaker's, one for each service. Only GET: what
is asked twice does nothing twice. An answer counts as one only when it could be read, so a service that answers
nonsense opens the circuit like one that does not answer.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Final, Generic, TypeVar

import httpx
import msgspec
from pybreaker import CircuitBreaker, CircuitBreakerError, CircuitBreakerListener, CircuitBreakerState
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential

from recsys.adapters.neighbours.errors import NeighbourError, Outcome
from recsys.adapters.neighbours.pauses import asked_pause
from recsys.errors import InvalidValueError
from recsys.ports import Calls

LOG: Final = logging.getLogger(__name__)
AGAIN: Final = frozenset({429, 500, 502, 503, 504})
CHUNK: Final = 1 << 16
CONNECTIONS: Final = 32
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call may cost. Seconds: connect, attempt (a whole one), total (all of them, and the waits between).

    attempts: at most. body_bytes: the longest answer. failures: so many in a row open the circuit, for open_seconds.
    """

    connect: float
    attempt: float
    total: float
    attempts: int = 3
    body_bytes: int = 1 << 20
    failures: int = 5
    open_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Fetched(Generic[Value]):
    """An answer. value: None where the status is not 200. etag: as the service wrote it, None without one."""

    status: int
    value: Value | None
    etag: str | None


class _Problem(msgspec.Struct, frozen=True):
    """What is read of a problem document (RFC 9457)."""

    type: str


@dataclass(frozen=True, slots=True)
class _Ask(Generic[Value]):
    path: str
    model: type[Value]
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    problems: Mapping[int, str]
    deadline: float


class Neighbour:
    """One service at `url`. name: in logs and metrics. For one event loop; `close` it there.

    Raises `InvalidValueError` for what is not an address over HTTP.
    """

    def __init__(self, name: str, url: str, limits: CallLimits, calls: Calls) -> None:
        self.name, self._limits, self._calls = name, limits, calls
        # Nothing of the environment: a proxy or a .netrc of the machine is not meant for calls between services.
        self._http = httpx.AsyncClient(
            base_url=_address(name, url),
            timeout=httpx.Timeout(limits.attempt, connect=limits.connect),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            headers={"accept": JSON, "accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )
        self._breaker = CircuitBreaker(
            fail_max=limits.failures,
            reset_timeout=limits.open_seconds,
            exclude=[asyncio.CancelledError],
            listeners=[_Told(calls, name)],
            name=name,
            throw_new_error_on_trip=False,
        )
        self._backoff = wait_random_exponential(multiplier=0.02, max=1.0)
        calls.circuit(name, is_open=False)

    async def get(
        self,
        path: str,
        model: type[Value],
        *,
        parameters: Mapping[str, str] | None = None,
        etag: str | None = None,
        problems: Mapping[int, str] | None = None,
    ) -> Fetched[Value]:
        """Return the answer, its body read as `model`. etag: of the answer at hand; a 304 is then an answer too.

        problems: further statuses that are answers, each with the type that its problem document must have: a 404
        alone may come from any gateway on the way. Raises `NeighbourError`, at the latest after `limits.total` seconds.
        """
        started = monotonic()
        headers = {"if-none-match": etag} if etag else {}
        ask = _Ask(path, model, parameters or {}, headers, problems or {}, started + self._limits.total)
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._limits.attempts) | stop_before_delay(self._limits.total),
            wait=self._wait,
            retry=retry_if_exception(_again),
            reraise=True,
        )
        outcome = Outcome.ANSWERED
        try:
            fetched: Fetched[Value] = await retrying(self._attempt, ask)
        except NeighbourError as error:
            outcome = error.outcome
            raise
        else:
            return fetched
        finally:
            self._calls.called(self.name, outcome.value, monotonic() - started)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _attempt(self, ask: _Ask[Value]) -> Fetched[Value]:
        left = min(self._limits.attempt, ask.deadline - monotonic())
        try:
            with self._breaker.calling():
                return await self._timed(ask, left)
        except CircuitBreakerError as error:
            raise NeighbourError(f"{self.name} is not asked: it failed too often just now", Outcome.OPEN) from error

    async def _timed(self, ask: _Ask[Value], seconds: float) -> Fetched[Value]:
        try:
            async with asyncio.timeout(seconds):
                return await self._sent(ask)
        except (TimeoutError, httpx.TimeoutException) as error:
            said = f"{self.name} gave no whole answer within {seconds:.3g} seconds"
            raise NeighbourError(said, Outcome.TIMEOUT, again=True) from error
        except httpx.HTTPError as error:
            said = f"{self.name} cannot be asked: {type(error).__name__}: {error}"
            raise NeighbourError(said, Outcome.CONNECTION, again=True) from error

    async def _sent(self, ask: _Ask[Value]) -> Fetched[Value]:
        async with self._http.stream("GET", ask.path, params=ask.parameters, headers=ask.headers) as response:
            status, etag = response.status_code, response.headers.get("etag")
            if status == HTTPStatus.OK:
                return Fetched(status, _read(await self._body(response, JSON), ask.model, self.name), etag)
            if status == HTTPStatus.NOT_MODIFIED and "if-none-match" in ask.headers:
                return Fetched(status, None, etag)
            if status in ask.problems:
                problem = _read(await self._body(response, PROBLEM), _Problem, self.name)
                if problem.type == ask.problems[status]:
                    return Fetched(status, None, etag)
            said = f"{self.name} answers {status} to GET {ask.path}"
            after = asked_pause(response.headers.get("retry-after"))
            raise NeighbourError(said, Outcome.STATUS, again=status in AGAIN, after=after)

    async def _body(self, response: httpx.Response, wanted: str) -> bytes:
        kind, coding = response.headers.get("content-type", ""), response.headers.get("content-encoding", "identity")
        if kind.partition(";")[0].strip().lower() != wanted or coding != "identity":
            raise self._unreadable(f"content-type {kind[:80]!r}, content-encoding {coding[:80]!r}")
        body = bytearray()
        async for chunk in response.aiter_raw(CHUNK):
            body += chunk
            if len(body) > self._limits.body_bytes:
                raise self._unreadable(f"more than {self._limits.body_bytes} bytes")
        return bytes(body)

    def _unreadable(self, what: str) -> NeighbourError:
        return NeighbourError(f"{self.name} answers with what cannot be read: {what}", Outcome.UNREADABLE)

    def _wait(self, state: RetryCallState) -> float:
        """Back off, with jitter, for as long as the service asks at least."""
        error = state.outcome.exception() if state.outcome else None
        return max(self._backoff(state), error.after if isinstance(error, NeighbourError) else 0.0)


class _Told(CircuitBreakerListener):
    """Counts and logs what the circuit does."""

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls, self._name = calls, name

    def state_change(
        self, cb: CircuitBreaker, old_state: CircuitBreakerState | None, new_state: CircuitBreakerState
    ) -> None:
        """Note the new state; half open, one call decides, so it is not closed yet."""
        del cb
        LOG.warning("%s: the circuit is %s, and was %s", self._name, new_state.name, old_state and old_state.name)
        self._calls.circuit(self._name, is_open=new_state.name != "closed")


def _again(error: BaseException) -> bool:
    return isinstance(error, NeighbourError) and error.again


def _read(body: bytes, model: type[Value], name: str) -> Value:
    try:
        return msgspec.json.decode(body, type=model)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        said = f"{name} answers with what cannot be read: {error}"
        raise NeighbourError(said, Outcome.UNREADABLE) from error


def _address(name: str, url: str) -> httpx.URL:
    wrong = InvalidValueError(f"the address of {name} is {url!r}; it must look like http://HOST:PORT")
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise wrong from error
    if (
        address.scheme not in ("http", "https")
        or set(address.host or "[") & set("[]%")
        or address.query
        or address.fragment
    ):
        raise wrong
    return address
