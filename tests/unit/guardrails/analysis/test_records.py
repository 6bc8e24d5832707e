"""Records are taken for what they are: signed, numbered, in order, or a reason for a complaint."""

import hashlib
import hmac
import json

import pytest

from guardrails.analysis.records import Transcript, read
from guardrails.model.mutation import Called, Fate, TrialResult

KEY = b"k" * 32


def line(number: int, kind: str, key: bytes = KEY, /, **fields: object) -> bytes:
    body = json.dumps({"n": number, "kind": kind, **fields}).encode()
    return hmac.new(key, body, hashlib.sha256).hexdigest().encode() + b" " + body + b"\n"


def end(number: int, name: str) -> bytes:
    return line(
        number, "end", id=name, outcome="passed", seconds=0.1, message="", longrepr="", examples=0, rejected=0,
        example="", is_property=False,
    )  # fmt: skip


def whole(*middle: bytes) -> bytes:
    first = [line(0, "start"), line(1, "collected", tests=[["a", 3], ["b", 5]]), line(2, "deselected", ids=["c"])]
    return b"".join([*first, *middle])


def covered(number: int, name: str) -> bytes:
    calls = [["a.py", "A.f", 3, True, ["builtins:int"]]]
    return line(number, "covered", id=name, lines={"a.py": [1, 2]}, calls=calls)


def mutant(number: int) -> bytes:
    return line(number, "mutant", key=7, fate="killed", by="a", message="assert 1 == 2")


GOOD = whole(line(3, "begin", id="a"), end(4, "a"), line(5, "finish", status=0, relations={"unique": 2}))


def test_a_whole_run_is_read() -> None:
    told = read(GOOD, KEY)
    assert told.broken_rule == ""
    assert (told.tests, told.deselected) == ({"a": 3, "b": 5}, ["c"])
    assert (told.records["a"].outcome, told.records["a"].line) == ("passed", 3)
    assert told.relations == {"unique": 2}
    assert told.finished
    assert told.collection_ended


@pytest.mark.parametrize(
    ("channel", "rule"),
    [
        (whole(line(3, "begin", b"x" * 32, id="a")), "is not the recorder's"),
        (whole(b"hello\n"), "is not the recorder's"),
        (whole(b"{}", line(3, "begin", id="a")), "is not the recorder's"),
        (whole(line(4, "begin", id="a")), "missing or repeated: number 4 stands at 3"),
        (whole(line(3, "begin", id="a"), line(3, "begin", id="a")), "missing or repeated: number 3 stands at 4"),
        (whole(line(3, "begin", id="a"), line(4, "begin", id="b")), "b began before a had ended"),
        (whole(end(3, "a")), "a ended without having begun"),
        (whole(line(3, "begin", id="a"), end(4, "b")), "b ended without having begun"),
        (whole(line(3, "begin", id="z"), end(4, "z")), "z was recorded but never collected"),
        (whole(line(3, "begin", id="a"), end(4, "a"), line(5, "begin", id="a"), end(6, "a")), "a was recorded twice"),
        (GOOD + line(6, "begin", id="b"), "a record of kind 'begin' came after the last one"),
        (line(0, "collecting", file="a.py"), "came before the first"),
        (whole(line(3, "start")), "came again"),
        (whole(covered(3, "a")), "lines of a were recorded while it did not run"),
        (whole(line(3, "begin", id="a"), covered(4, "b")), "lines of b were recorded while it did not run"),
        (whole(mutant(3), mutant(4)), "the mutant 7 was recorded twice"),
        (whole(line(3, "praise")), "unknown kind 'praise'"),
    ],
)
def test_what_breaks_a_rule_is_named(channel: bytes, rule: str) -> None:
    assert rule in read(channel, KEY).broken_rule


def test_what_was_executed_and_what_became_of_mutants_is_read() -> None:
    told = read(whole(line(3, "begin", id="a"), covered(4, "a"), end(5, "a"), mutant(6), line(7, "over")), KEY)
    assert (told.broken_rule, told.over) == ("", True)
    assert told.lines == {"a": {"a.py": frozenset({1, 2})}}
    assert told.calls == {"a": (Called("a.py", "A.f", 3, direct=True, returns=("builtins:int",)),)}
    assert told.mutants == {7: TrialResult(7, Fate.KILLED, "a", "assert 1 == 2")}


def test_what_was_cut_off_is_not_an_offence() -> None:
    """The process may have been killed in the middle of a line; that there is no end says enough."""
    told = read(GOOD[:-20], KEY)
    assert told.broken_rule == ""
    assert not told.finished
    assert told.records.keys() == {"a"}


def test_nothing_is_nothing() -> None:
    assert read(b"", KEY) == Transcript()


def test_an_id_that_was_collected_twice_may_end_twice() -> None:
    """A doctest may have the id of a function; the worse of the two counts."""
    twice = line(0, "start") + line(1, "collected", tests=[["a", 3], ["a", 5]])
    bad = end(5, "a").replace(b'"passed"', b'"failed"')
    body = bad.partition(b" ")[2].rstrip(b"\n")
    bad = hmac.new(KEY, body, hashlib.sha256).hexdigest().encode() + b" " + body + b"\n"
    told = read(twice + line(2, "begin", id="a") + end(3, "a") + line(4, "begin", id="a") + bad, KEY)
    assert (told.broken_rule, told.records["a"].outcome) == ("", "failed")


def test_where_a_run_stopped_is_known() -> None:
    assert read(whole(line(3, "begin", id="b")), KEY).running == "b"
    importing = line(0, "start") + line(1, "collecting", file="tests/test_a.py")
    assert read(importing, KEY).collecting == "tests/test_a.py"
    assert read(importing + line(2, "deselected", ids=[]), KEY).collecting == ""
    lost = read(whole(line(3, "begin", id="a"), line(4, "lost", id="a")), KEY)
    assert (lost.records, lost.running) == ({}, "")
