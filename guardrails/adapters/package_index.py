"""An index of Python packages over HTTPS: names of packages leave this machine, and only where the policy says so.

The standard library's client: it takes proxies and certificates from the environment as installers do.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import guardrails
from guardrails.errors import ConfigurationError
from guardrails.model.exchange import HttpAnswer

_ACCEPT = "application/vnd.pypi.simple.v1+json"
_MOST_BYTES = 32_000_000  # the answers of packages with tens of thousands of files
_AT_ONCE = 8
_ONE_SECONDS = 10.0
_CHUNK = 1 << 16


class SimpleIndex:
    """`PackageIndex` over the simple API (PEP 691)."""

    def ask(self, index: str, names: Sequence[str], *, whole: float) -> Mapping[str, HttpAnswer]:
        """Ask for several names at once."""
        _check(index)
        until = time.monotonic() + whole
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="index") as threads:
            answers = list(threads.map(lambda name: _one(index, name, until), names))
        return {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}


def _check(index: str) -> None:
    place = urlsplit(index)
    if place.username or place.password or place.query or place.fragment or not place.hostname:
        raise ConfigurationError(f"[dependencies] index: {index!r} is no plain address. Write https://HOST/simple")
    if place.scheme != "https" and not (place.scheme == "http" and _is_loopback(place.hostname)):
        raise ConfigurationError(f"[dependencies] index: {index!r} is not encrypted. Write https://HOST/simple")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _one(index: str, name: str, until: float) -> HttpAnswer | None:
    left = until - time.monotonic()
    if left <= 0:
        return None
    headers = {"Accept": _ACCEPT, "User-Agent": f"guardrails/{guardrails.__version__}"}
    request = urllib.request.Request(f"{index.rstrip('/')}/{quote(name, safe='')}/", headers=headers)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=min(left, _ONE_SECONDS)) as response:  # noqa: S310 - checked
            body = bytearray()
            while chunk := response.read(_CHUNK):
                body += chunk
                if len(body) > _MOST_BYTES:
                    return HttpAnswer(0, trouble=f"an answer of more than {_MOST_BYTES} bytes")
                if time.monotonic() > until:
                    return None
            if response.length:  # what the server promised and did not send; `read` does not complain
                return HttpAnswer(0, trouble=f"the answer ended {response.length} bytes early")
            _check(response.url)  # where a redirect led
            return HttpAnswer(response.status, bytes(body))
    except urllib.error.HTTPError as error:
        with error:
            return HttpAnswer(error.code)
    except ConfigurationError:
        return HttpAnswer(0, trouble="it redirects to an address without encryption")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return HttpAnswer(0, trouble=str(reason) or type(error).__name__)
