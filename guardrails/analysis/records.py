"""What a recorded test process says, held against the rules of the record: the parent's half of the recorder.

The process runs untrusted code, so nothing is taken on its word alone. Each line carries a number and an HMAC; the
records must come in the order start, collected, begin, end, …, finish; each test that began must end once. Whatever
breaks a rule makes a complaint, and a run with a complaint is not a pass.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from guardrails.model.mutation import Called, Fate, TrialResult
from guardrails.ports import CaseRecord

_WORST = ("error", "failed", "xfailed", "skipped", "xpassed", "passed")


@dataclass(frozen=True, slots=True)
class PlantedResult:
    """What became of a planted test."""

    id: str
    must_pass: bool
    outcome: str
    message: str = ""


@dataclass(slots=True)
class Transcript:
    """What one process recorded. `tests` holds each collected id with its line; `claimed` the files that it ran.
    `lines` and `calls` say what each watched test executed, `mutants` what became of those that were tried.

    `running` is the test that began and did not end, `collecting` the file that was being imported last.
    """

    tests: dict[str, int] = field(default_factory=dict)
    offered: Counter[str] = field(default_factory=Counter)
    """How often each id was collected: a doctest may have the id of a function."""
    ended: Counter[str] = field(default_factory=Counter)
    deselected: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    claimed: list[str] = field(default_factory=list)
    records: dict[str, CaseRecord] = field(default_factory=dict)
    planted: list[PlantedResult] = field(default_factory=list)
    relations: dict[str, int] = field(default_factory=dict)
    lines: dict[str, dict[str, frozenset[int]]] = field(default_factory=dict)
    calls: dict[str, tuple[Called, ...]] = field(default_factory=dict)
    mutants: dict[int, TrialResult] = field(default_factory=dict)
    started: bool = False
    collection_ended: bool = False
    finished: bool = False
    over: bool = False
    """Whether it stopped before all tests had run, because the time for watching was up."""
    collecting: str = ""
    running: str = ""
    internal: str = ""
    broken_rule: str = ""

    def complain(self, sentence: str) -> None:
        """Note a broken rule; the first one counts."""
        self.broken_rule = self.broken_rule or sentence


def read(channel: bytes, key: bytes) -> Transcript:
    """The transcript of a process from what it wrote, in its order, under `key`."""
    transcript = Transcript()
    expected = 0
    # What follows the last line break was cut where the process was killed: that there is no end says so already.
    for line in channel.split(b"\n")[:-1]:
        told = _authentic(line, key)
        if told is None:
            transcript.complain(f"a line among its records is not the recorder's: {line[:80]!r}")
            continue
        if told["n"] != expected:
            transcript.complain(f"records are missing or repeated: number {told['n']} stands at {expected}")
        expected = int(told["n"]) + 1
        _take(transcript, told)
    return transcript


def _authentic(line: bytes, key: bytes) -> dict[str, Any] | None:
    """The record in a line, if it was written with the key."""
    mac, _, body = line.partition(b" ")
    if not hmac.compare_digest(mac, hmac.new(key, body, hashlib.sha256).hexdigest().encode()):
        return None
    told: dict[str, Any] = json.loads(body)
    return told


def _take(transcript: Transcript, told: Mapping[str, Any]) -> None:
    kind = told["kind"]
    if transcript.finished:
        transcript.complain(f"a record of kind '{kind}' came after the last one")
    elif (kind == "start") == transcript.started:
        transcript.complain(f"a record of kind '{kind}' came {'again' if transcript.started else 'before the first'}")
    elif kind in ("begin", "end", "planted", "lost"):
        _take_case(transcript, kind, told)
    else:
        _take_other(transcript, kind, told)


def _take_case(transcript: Transcript, kind: str, told: Mapping[str, Any]) -> None:
    name = str(told["id"])
    if kind == "begin":
        if transcript.running:
            transcript.complain(f"{name} began before {transcript.running} had ended")
        transcript.running = name
        return
    if name != transcript.running:
        transcript.complain(f"{name} ended without having begun")
    transcript.running = ""
    if kind == "planted":
        result = PlantedResult(name, bool(told["must_pass"]), str(told["outcome"]), str(told["message"]))
        transcript.planted.append(result)
    elif kind == "end":
        if name not in transcript.tests:
            transcript.complain(f"{name} was recorded but never collected")
        transcript.ended[name] += 1
        if transcript.ended[name] > max(1, transcript.offered[name]):
            transcript.complain(f"{name} was recorded twice")
        case, before = _case(name, transcript.tests.get(name, 0), told), transcript.records.get(name)
        if before is None or _WORST.index(case.outcome) < _WORST.index(before.outcome):
            transcript.records[name] = case


def _case(name: str, line: int, told: Mapping[str, Any]) -> CaseRecord:
    return CaseRecord(
        id=name,
        outcome=str(told["outcome"]),
        seconds=float(told["seconds"]),
        message=str(told["message"]),
        longrepr=str(told["longrepr"]),
        examples=int(told["examples"]),
        rejected=int(told["rejected"]),
        line=line,
        example=str(told["example"]),
        is_property=bool(told["is_property"]),
    )


def _take_other(transcript: Transcript, kind: str, told: Mapping[str, Any]) -> None:
    if kind == "start":
        transcript.started = True
    elif kind == "collecting":
        transcript.collecting = str(told["file"])
    elif kind == "broken":
        transcript.errors.append((str(told["file"]), str(told["message"])))
    elif kind == "collected":
        transcript.tests.update((str(name), int(line)) for name, line in told["tests"])
        transcript.offered.update(str(name) for name, _ in told["tests"])
    elif kind == "deselected":
        transcript.collection_ended, transcript.collecting = True, ""
        transcript.deselected.extend(str(name) for name in told["ids"])
    elif kind == "claimed":
        transcript.claimed.append(str(told["file"]))
    elif kind == "internal":
        transcript.internal = transcript.internal or str(told["message"])
        transcript.collecting = transcript.collecting or str(told["file"])
    elif kind == "over":
        transcript.over = True
    elif kind in ("covered", "mutant"):
        _take_mutation(transcript, kind, told)
    elif kind == "finish":
        transcript.finished = True
        transcript.relations = {str(name): int(count) for name, count in told["relations"].items()}
    else:
        transcript.complain(f"a record of the unknown kind '{kind}'")


def _take_mutation(transcript: Transcript, kind: str, told: Mapping[str, Any]) -> None:
    """What a test executed, or what became of a mutant."""
    if kind == "mutant":
        key = int(told["key"])
        if key in transcript.mutants:
            transcript.complain(f"the mutant {key} was recorded twice")
        transcript.mutants[key] = TrialResult(key, Fate(told["fate"]), str(told["by"]), str(told["message"]))
        return
    name = str(told["id"])
    if name != transcript.running:
        transcript.complain(f"lines of {name} were recorded while it did not run")
    before = transcript.lines.setdefault(name, {})
    for path, lines in told["lines"].items():
        before[path] = before.get(path, frozenset()) | frozenset(int(line) for line in lines)
    calls = tuple(
        Called(str(path), str(function), int(line), bool(direct), tuple(returns))
        for path, function, line, direct, returns in told["calls"]
    )
    transcript.calls[name] = (*transcript.calls.get(name, ()), *calls)
