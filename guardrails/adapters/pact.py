"""Pact's verifier, in a process of its own."""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from guardrails.errors import JudgementError, ToolMissingError
from guardrails.ports import (
    Command,
    Completed,
    InteractionResult,
    PactMismatch,
    Processes,
    StateCall,
    Store,
    Timed,
    Verification,
)

_CHILD = Path(__file__).with_name("pact_child.py")
_MAX_PACT_BYTES = 20_000_000
_CHANNEL_LIMIT = 64_000_000
_REQUEST_TIMEOUT = 10_000
_QUOTED = 1_000
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_PANIC = re.compile(r"Caught panic with error: (.*)")


class NativePactVerifier:
    """`PactVerifier` over pact-python in the interpreter `python`."""

    def __init__(
        self, processes: Processes, store: Store, python: str, *, request_timeout: int = _REQUEST_TIMEOUT
    ) -> None:
        """`request_timeout`: milliseconds that the provider may take for one answer."""
        self._request_timeout = request_timeout
        self._processes = processes
        self._store = store
        self._python = python

    def verify(
        self,
        provider: str,
        pacts: Sequence[str],
        *,
        url: str,
        states_url: str,
        timeout: float,
        messages_url: str = "",
    ) -> Verification:
        """Verify the pacts, given as texts, against the provider at `url`.

        Raises:
            ToolMissingError: pact is not installed.
        """
        done = self._child(provider, pacts, timeout, url=url, states_url=states_url, messages_url=messages_url)
        if done.timed_out:
            return Verification((), (), f"pact's verifier did not end within {timeout:g} seconds")
        if done.exit_code != 0 or not done.channel:
            return Verification((), (), f"pact's verifier crashed ({done.exit_code}): {done.stderr[-_QUOTED:]}")
        told = verification(done.channel)
        if (panic := _PANIC.search(done.stderr)) and not told.results:
            # pact's library gives up, and says that all is well with nothing.
            return replace(told, complaint=f"pact's verifier gave up: {panic.group(1).strip()}", blames_pact=True)
        return told

    def measure(
        self,
        provider: str,
        pacts: Sequence[str],
        timed: Sequence[Timed],
        *,
        url: str,
        states_url: str,
        timeout: float,
    ) -> Sequence[float | None]:
        """How long each of `timed` took at best. None for all: they could not be asked in time.

        Raises:
            ToolMissingError: pact is not installed.
        """
        done = self._child(provider, pacts, timeout, url=url, states_url=states_url, timed=timed)
        if done.timed_out or done.exit_code != 0 or not done.channel:
            return [None for _ in timed]
        return [None if one is None else float(one) for one in json.loads(done.channel)["times"]]

    def _child(
        self,
        provider: str,
        pacts: Sequence[str],
        timeout: float,
        *,
        url: str,
        states_url: str,
        messages_url: str = "",
        timed: Sequence[Timed] = (),
    ) -> Completed:
        """What the child says: results, or with `timed` times."""
        with self._store.scratch() as scratch:
            paths = [scratch / "pacts" / f"{number}.json" for number in range(len(pacts))]
            for path, text in zip(paths, pacts, strict=True):
                self._store.write(path, text)
            plan: dict[str, Any] = {
                "provider": provider,
                "pacts": [str(path) for path in paths],
                "port": urllib.parse.urlsplit(url).port,
                "states_url": states_url,
                "messages_url": messages_url,
                "request_timeout": self._request_timeout,
            }
            if timed:
                plan["timed"] = [{**asdict(one), "pact": str(paths[one.pact])} for one in timed]
            self._store.write(scratch / "plan.json", json.dumps(plan))
            argv = (self._python, "-I", str(_CHILD), str(scratch / "plan.json"))
            environment = {"PACT_DO_NOT_TRACK": "true"}
            done = self._processes.run(Command(argv, scratch, environment, timeout, channel_limit=_CHANNEL_LIMIT))
        if "No module named 'pact" in done.stderr:
            raise ToolMissingError(
                "the contracts gate needs pact-python. Install it: pip install 'recsys-guardrails[contracts]'"
            )
        return done

    def written(self, directory: Path) -> Mapping[str, str]:
        """The pact files in a directory, by name.

        Raises:
            JudgementError: one of them is absurdly large.
        """
        found: dict[str, str] = {}
        for path in sorted(directory.glob("*.json")):
            if path.is_file() and not path.is_symlink():
                if path.stat().st_size > _MAX_PACT_BYTES:
                    raise JudgementError(
                        f"the pact {path.name} is larger than {_MAX_PACT_BYTES} bytes. Make it smaller."
                    )
                found[path.name] = path.read_text(encoding="utf-8", errors="replace")
        return found


def verification(answer: bytes) -> Verification:
    """What the child's answer says."""
    told = json.loads(answer)
    results = told["results"] or {}
    states = [call for call in told["calls"] if "message" not in call]
    calls = tuple(StateCall(call["state"], call["action"], call["status"], call["detail"]) for call in states)
    refused = {call["message"]: call for call in told["calls"] if "message" in call and not 200 <= call["status"] < 300}
    found = tuple(_given(_result(one), refused) for one in results.get("interactionResults") or ())
    # Raising is how pact says that an interaction failed; without one it did not get as far as that.
    nothing = told["raised"] and not found
    general = [str(error.get("mismatch", {}).get("message", error)) for error in results.get("errors") or ()]
    complaint = "; ".join(_ESCAPE.sub("", one) for one in general) or told["raised"] if nothing else ""
    return Verification(found, calls, complaint, blames_pact=bool(complaint and general))


def _given(result: InteractionResult, refused: Mapping[str, Any]) -> InteractionResult:
    """The result, unless the provider gave no such message: pact compares the refusal with what is expected."""
    call = refused.get(result.description)
    if call is None:
        return result
    return replace(
        result, mismatches=(), error=f"the provider gives no such message: {call['status']} {call['detail']}"
    )


def _result(one: Mapping[str, Any]) -> InteractionResult:
    mismatch = one.get("mismatch") or {}
    mismatches = tuple(_mismatch(each) for each in mismatch.get("mismatches") or ())
    error = "" if mismatches else str(mismatch.get("message") or "")
    if not mismatches and not error and one.get("result") != "OK":
        error = f"pact says {one.get('result')}, without a reason"
    return InteractionResult(
        consumer=str(one.get("consumer")),
        description=str(one.get("description")),
        states=tuple(str(state) for state in one.get("providerStates") or ()),
        mismatches=mismatches,
        error=error,
    )


def _mismatch(each: Mapping[str, Any]) -> PactMismatch:
    return PactMismatch(
        kind=str(each.get("type") or "Mismatch"),
        message=str(each.get("mismatch") or ""),
        path=str(each.get("path") or each.get("key") or each.get("parameter") or ""),
        expected=str(each.get("expected", "")),
        actual=str(each.get("actual", "")),
    )
