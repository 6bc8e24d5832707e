"""Two sides' answers, one by one and as a whole."""

import json
from collections.abc import Sequence

import pytest

from guardrails.analysis.answers.comparison import Compared, Reading, compare, figures, most_affected, unsteady
from guardrails.analysis.answers.requests import Asked
from guardrails.model.exchange import HttpAnswer

READING = Reading(("items", "[]", "id"), ("user",), frozenset({"request_id"}), 1e-9)


def answer(*ids: str, status: int = 200, **fields: object) -> HttpAnswer:
    """A slate."""
    return HttpAnswer(status, json.dumps({"items": [{"id": one} for one in ids], **fields}).encode())


def asked(*users: str) -> list[Asked]:
    return [Asked("POST", "/slate", {"user": user}) for user in users]


def one(base: HttpAnswer, head: HttpAnswer) -> Compared:
    """The comparison of one request."""
    (found,) = compare(asked("u1"), [base], [head], READING)
    return found


DOWN = HttpAnswer(0, trouble="refused")


@pytest.mark.parametrize(
    ("base", "head", "changed", "lost"),
    [
        (answer("a", "b"), answer("a", "b"), "", ""),
        (answer("a", request_id="1"), answer("a", request_id="2"), "", ""),
        (answer("a", "b"), answer("b", "a"), "other items, or another order", ""),
        (answer("a", x=1), answer("a", x=2), "x is 2, and was 1", ""),
        (answer(), answer("a"), "other items, or another order", ""),
        (answer("a"), answer(), "other items, or another order", "0 items, and had 1 items"),
        (answer("a"), HttpAnswer(200, b"{}"), "other items, or another order", "status 200, and had 1 items"),
        (answer("a"), HttpAnswer(500), "status 500, and had 1 items", "status 500, and had 1 items"),
        (answer("a"), HttpAnswer(422), "status 422, and had 1 items", "status 422, and had 1 items"),
        (answer("a"), DOWN, "no answer (refused), and had 1 items", "no answer (refused), and had 1 items"),
        (HttpAnswer(404), HttpAnswer(404), "", ""),
        (HttpAnswer(404), answer("a"), "1 items, and had status 404", ""),
        (HttpAnswer(404), DOWN, "no answer (refused), and had status 404", "no answer (refused)"),
        (HttpAnswer(200, b"a"), HttpAnswer(200, b"b"), "the answer is 'b', and was 'a'", ""),
    ],
)
def test_one_request(base: HttpAnswer, head: HttpAnswer, changed: str, lost: str) -> None:
    found = one(base, head)
    assert (found.changed, found.lost) == (changed, lost)


def test_what_the_base_did_not_answer_is_no_comparison_and_what_the_head_was_not_asked_is_lost() -> None:
    found = compare(asked("u1", "u2", "u3"), [DOWN, answer("a")], [answer("a")], READING)
    assert [(c.user, bool(c.lost)) for c in found] == [("u2", True)]


def test_figures() -> None:
    base = [answer(*"abcd"), answer(*"abcd"), answer(*"abcd"), HttpAnswer(200, b'{"done": 1}')]
    head = [answer(*"abcd"), answer(*"dcba"), answer(*"abxy"), HttpAnswer(200, b'{"done": 2}')]
    found = figures(compare(asked("u1", "u1", "u2", "u3"), base, head, READING))
    assert (found.requests, found.changed, found.slates, found.changed_slates) == (4, 3, 3, 2)
    assert (found.users, found.affected) == (3, 3)
    assert found.overlap_top == found.overlap_whole == pytest.approx((1 + 1 + 0.5) / 3)
    assert 0.5 < found.agreement < 0.95


def test_figures_of_nothing_are_no_difference() -> None:
    assert figures(()).overlap_top == 1.0


def test_overlap_of_the_top_and_of_the_whole_slate() -> None:
    ids = [f"t{n}" for n in range(20)]
    found = one(answer(*ids), answer(*ids[:10], *[f"x{n}" for n in range(10)]))
    assert (found.overlap(10), found.overlap()) == (1.0, 0.5)


def test_the_most_affected_come_first_and_none_of_them_tells_the_same() -> None:
    def slates(*texts: str) -> Sequence[HttpAnswer]:
        return [answer(*text) for text in texts]

    base, head = slates("abcd", "abcd", "abcd", "abcd", "abcd"), slates("abdc", "wxyz", "wxyz", "abcd", "badc")
    found = most_affected(compare(asked(*"12345"), base, head, READING))
    assert [one.user for one in found] == ["2", "5", "1"]


def test_fields_that_changed_alike_are_shown_once() -> None:
    base, head = [answer("a", x=1), answer("b", x=2)], [answer("a", x=3), answer("b", x=4)]
    assert len(most_affected(compare(asked("1", "2"), base, head, READING))) == 1


def test_what_the_base_answers_otherwise_itself_is_unsteady() -> None:
    requests = asked("1", "2", "3")
    base = [answer("a"), answer("b"), answer("c")]
    compared = compare(requests, base, [answer("x"), answer("y"), answer("c")], READING)
    again = compare(requests, base, [answer("a"), answer("z"), answer("c")], READING)
    assert unsteady(compared, again) == {1}
