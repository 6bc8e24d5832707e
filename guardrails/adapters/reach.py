"""Whether a service that somebody else started is there, and whether it may be loaded."""

import http.client
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from guardrails.errors import UsageError

TICK = 0.25
ANSWER_SECONDS = 5.0
TOLD_EVERY = 5.0


def checked(url: str, *, owned: bool) -> str:
    """The address without a trailing slash.

    Raises:
        UsageError: it is no address of a service, or is not loopback and nobody said that they own the host.
    """
    place = urlsplit(url)
    try:
        port = place.port
    except ValueError as error:
        raise UsageError(f"--target is {url!r}: {error}. Write an address such as http://127.0.0.1:8080.") from error
    extra = place.query or place.fragment or place.username or place.path.strip("/")
    if place.scheme not in ("http", "https") or not place.hostname or extra:
        raise UsageError(f"--target is {url!r}. Write scheme, host and port, such as http://127.0.0.1:8080, alone.")
    if not owned and not _is_loopback(place.hostname, port or 80):
        raise UsageError(
            f"--target is {url!r}, which is not this machine. Load on a host of others is an attack: if it is yours, "
            "say so with --i-own-this-host."
        )
    return f"{place.scheme}://{place.netloc}"


def _is_loopback(host: str, port: int) -> bool:
    """Whether every address of the host is."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UsageError(f"--target names the host {host!r}, which is not known ({error}). Correct it.") from error
    return all(ipaddress.ip_address(str(one).partition("%")[0]).is_loopback for one in found)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong and what to do, in words; whether waiting will not change it."""

    what: str
    advice: str = "Read its log, or correct --target"
    final: bool = False


def await_answer(url: str, path: str, wait: float, tell: Callable[[str], None]) -> None:
    """Wait until `GET path` is answered with 200, at most `wait` seconds, and say every few seconds for what.

    Raises:
        UsageError: nothing listens there, or what does is no service that is ready; the message says which.
    """
    began = told = time.monotonic()
    while (trouble := _asked(url, path, min(ANSWER_SECONDS, wait))) is not None:
        passed = time.monotonic() - began
        if trouble.final or passed >= wait:
            waited = "" if trouble.final else f" (waited {passed:.0f} s; --wait allows more)"
            raise UsageError(f"{url}: {trouble.what}{waited}. Nothing was loaded. {trouble.advice}.")
        if time.monotonic() - told >= TOLD_EVERY:
            told = time.monotonic()
            tell(f"{url}: {trouble.what}; waiting for {wait - passed:.0f} s more")
        time.sleep(max(0.0, min(TICK, wait - passed)))


def _asked(url: str, path: str, seconds: float) -> _Trouble | None:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        status = connection.getresponse().status
    except ConnectionRefusedError:
        return _Trouble("nothing listens on that port", "Start the service, or correct --target")
    except TimeoutError:
        return _Trouble(f"it accepts connections and does not answer GET {path} within {seconds:g} s")
    except http.client.RemoteDisconnected:
        return _Trouble(f"it closes the connection without an answer to GET {path}")
    except (http.client.HTTPException, ValueError) as error:
        what = f"its answer to GET {path} is not HTTP ({type(error).__name__})"
        return _Trouble(what, "Something else listens there: correct --target", final=True)
    except OSError as error:
        return _Trouble(f"it cannot be asked ({error})")
    finally:
        connection.close()
    if status == http.client.OK:
        return None
    if status == http.client.SERVICE_UNAVAILABLE:
        return _Trouble(f"it answers GET {path} with 503: it is not ready")
    advice = "Correct --ready-path, or load.ready_path of guardrails.toml"
    return _Trouble(f"it answers GET {path} with status {status}, and 200 is wanted", advice, final=True)
