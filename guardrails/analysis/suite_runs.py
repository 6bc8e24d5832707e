"""One answer from the transcripts of the processes that shared a suite's files out between them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guardrails.analysis.planted import PlantedTests
from guardrails.analysis.records import PlantedResult, Transcript
from guardrails.ports import CaseRecord, SuiteRun

_QUOTED = 1500
# What `faulthandler` writes when a time is up, and each frame of it, the innermost first.
_HUNG = re.compile(r"^Timeout \((?P<limit>[\d:.]+)\)!$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(?P<path>[^"\n]+)", line (?P<line>\d+) in ', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended: what it recorded, its exit status (None: killed at its time-out), its output, seconds, and
    the limit that it was killed at, in words."""

    transcript: Transcript
    exit_code: int | None
    output: str
    seconds: float
    stopped: str = ""


def merged(
    ended: Sequence[Ended], planted: PlantedTests | None, only: frozenset[str] | None, timeout: float
) -> SuiteRun:
    """The run that the processes made together. `planted` is None where nothing was to be run."""
    transcripts = [process.transcript for process in ended]
    tests = _collected(transcripts)
    records: dict[str, CaseRecord] = {}
    complaints = [sentence for process in ended if (sentence := _complaint(process, timeout))]
    for transcript in transcripts:
        twice = records.keys() & transcript.records.keys()
        complaints += [f"{name} was run by two processes" for name in sorted(twice)[:1]]
        records |= transcript.records
    relations: dict[str, int] = {}
    for transcript in transcripts:
        for name, count in transcript.relations.items():
            relations[name] = relations.get(name, 0) + count
    return SuiteRun(
        collected=tuple(name for name in tests if only is None or name in only),
        records=records,
        errors=tuple(dict.fromkeys(error for t in transcripts for error in t.errors)),
        relations=relations,
        ended=all(t.finished for t in transcripts),
        complaint="; ".join(dict.fromkeys(complaints)),
        seconds=max((process.seconds for process in ended), default=0.0),
        output="\n".join(dict.fromkeys(process.output for process in ended)),
        deselected=tuple(dict.fromkeys(name for t in transcripts for name in t.deselected)),
        toothless=_toothless(transcripts, planted) if planted is not None and records else (),
    )


def _collected(transcripts: Sequence[Transcript]) -> list[str]:
    """Every test, once, each file as the process that ran it collected it.

    Ids that depend on a process (the address of an object, the order of a set) differ between processes; only the one
    that ran the file owes records for its ids.
    """
    runner = {file: number for number, transcript in enumerate(transcripts) for file in transcript.claimed}
    names: dict[str, None] = {}
    for number, transcript in enumerate(transcripts):
        for name in transcript.tests:
            if runner.get(_file(name), number) == number:
                names[name] = None
    return list(names)


def _file(name: str) -> str:
    return name.partition("::")[0]


def _complaint(process: Ended, timeout: float) -> str:
    """What is wrong with a process as a whole; empty for one that did its work."""
    transcript = process.transcript
    tail = _tail(process.output)
    if process.stopped:
        # First, because its last record may be cut.
        return f"the process of the tests was killed, because {process.stopped}{_where(transcript)}"
    if transcript.broken_rule:
        return f"the records of the tests cannot be trusted: {transcript.broken_rule}"
    if process.exit_code is None:
        return f"the tests did not end within {timeout:g} seconds{_where(transcript)}"
    if not transcript.collection_ended and (hung := _HUNG.search(process.output)):
        return f"the tests were not imported within {hung['limit']}{_where(transcript)}{_hanging(process.output)}"
    if not transcript.started:
        return f"pytest did not start{_status(process)}: {tail}"
    if transcript.internal:
        return f"pytest stopped{_where(transcript)}: {_tail(transcript.internal)}"
    if not transcript.finished:
        return f"the process of the tests ended by itself{_status(process)}{_where(transcript)}"
    if not transcript.collection_ended:
        return f"pytest ended before it had collected the tests: {tail}"
    return ""


def _where(transcript: Transcript) -> str:
    if transcript.running:
        return f" while {transcript.running} ran"
    if transcript.collecting:
        return f" while {transcript.collecting} was imported"
    return "" if transcript.collection_ended else " while the configuration or a conftest.py was read"


def _hanging(output: str) -> str:
    """The innermost place of the tree, whose paths are relative, or of anything else."""
    frames = [f"{frame['path']}:{frame['line']}" for frame in _FRAME.finditer(output)]
    place = next((frame for frame in frames if not frame.startswith("/")), frames[0] if frames else "")
    return f"; it hangs at {place}" if place else ""


def _tail(text: str) -> str:
    """The last lines of a text, whole ones."""
    text = text.strip()
    return text if len(text) <= _QUOTED else "…" + text[-_QUOTED:].partition("\n")[2]


def _status(process: Ended) -> str:
    code = process.exit_code
    if code is not None and code < 0:
        return f" (killed by signal {-code})"
    return f" (exit status {code})"


def _toothless(transcripts: Iterable[Transcript], planted: PlantedTests) -> tuple[str, ...]:
    """What the planted tests show. Where a fixture keeps one from being run, another directory's must do."""
    results = [result for transcript in transcripts for result in transcript.planted]
    known = [result for result in results if (_name(result), result.must_pass) in {t[:2] for t in planted.tests}]
    bad = [(planted.way(_name(result)), said) for result in known if (said := _misbehaved(result, planted))]
    # Where the plain assert cannot fail, that the other ways cannot either says nothing more.
    sentences = [said for way, said in bad if way == "assert"] or [said for _, said in bad]
    if not sentences:
        for must_pass, wanted in ((True, "passed"), (False, "failed")):
            if not any(result.must_pass == must_pass and result.outcome == wanted for result in known):
                why = next((f": {r.message[-300:]}" for r in known if r.must_pass == must_pass), "")
                sentences.append(f"no planted test that must have {wanted} came to its end{why}")
    return tuple(dict.fromkeys(sentences))


def _name(result: PlantedResult) -> str:
    """The name under which a test was planted, without the number of its directory."""
    return result.id.rpartition("::")[2].rpartition("_")[0]


def _misbehaved(result: PlantedResult, planted: PlantedTests) -> str:
    """What a planted test did that it must not do. An error outside the test itself shows nothing."""
    subject = f"a planted test by {planted.way(_name(result))} in {result.id.rpartition('::')[0]}"
    if result.message.startswith("reported as "):
        return f"{subject} is {result.message[-300:]}"
    if result.must_pass and result.outcome == "failed":
        return f"{subject} that must pass failed: {result.message[-300:]}"
    if not result.must_pass and result.outcome not in ("failed", "error", ""):
        return f"{subject} that must fail is reported as {result.outcome}"
    return ""
