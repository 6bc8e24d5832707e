"""Calls that may hang: each in its time, none for ever, and a clock that a test moves where time matters."""

from collections.abc import Callable, Iterator
from threading import Event, Thread, current_thread, get_ident

import pytest

from recsys.domain.attempt import Outcome
from recsys.errors import InvalidValueError, PolicyUnavailableError, StoreUnavailableError
from recsys.serving import deadline
from recsys.serving.deadline import POLICY, STATE, UNHURRIED, Aside, Calls, Deadline, Value
from recsys.serving.logs import REQUEST_ID
from recsys.settings import Budgets

SOON = 0.05


class Held:
    """A clock that stands still: every share of the time is the whole of what is left."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stuck() -> Iterator[Callable[[], int]]:
    """A call that hangs until the test is over."""
    over = Event()

    def call() -> int:
        over.wait()
        return 0

    yield call
    over.set()


def failing() -> int:
    raise ValueError("broken")


def said(outcomes: tuple[Outcome[int], ...]) -> list[int | str]:
    return [outcome.failure.error if outcome.failure else outcome.value or 0 for outcome in outcomes]


def test_what_is_in_time_is_answered_in_order_and_what_raises_is_a_failure() -> None:
    aside = Aside(Held())
    assert said(aside.run([("a", lambda: 1), ("b", failing), ("c", lambda: 3)], 60.0)) == [1, "ValueError: broken", 3]
    assert aside.run((), 60.0) == ()
    aside.close()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_call_that_hangs_is_given_up_and_costs_the_others_nothing(place: int, stuck: Callable[[], int]) -> None:
    aside = Aside(Held())
    calls = [(name, stuck if row == place else lambda: 7) for row, name in enumerate("abc")]
    found = said(aside.run(calls, SOON))
    assert [answer == 7 for answer in found] == [row != place for row in range(3)]
    assert str(found[place]).startswith("late")
    aside.close()


def test_every_call_gets_an_equal_share_of_what_is_left(stuck: Callable[[], int]) -> None:
    aside = Aside(Held())
    found = said(aside.run([("a", stuck), ("b", stuck), ("c", lambda: 7)], 0.12))
    assert found == [f"late: no answer within its share, {share:.3f} s" for share in (0.04, 0.06)] + [7]
    aside.close()


def test_no_call_is_waited_for_when_the_time_is_over(stuck: Callable[[], int]) -> None:
    clock = Held()
    clock.now = 10.0
    assert said(Aside(clock).run([("a", stuck)], 9.0)) == ["late: no answer within its share, 0.000 s"]


def test_a_call_that_is_late_three_times_is_left_alone_for_a_while_and_then_one_decides(
    stuck: Callable[[], int],
) -> None:
    clock = Held()
    aside = Aside(clock)
    for _ in range(deadline.LATE_IN_A_ROW):
        assert "late" in said(aside.run([("a", stuck), ("b", lambda: 1)], clock.now + SOON))[0]  # type: ignore[operator]
    asked = []
    assert said(aside.run([("b", lambda: 1), ("a", lambda: asked.append(1) or 2)], clock.now + 60)) == [
        1,
        "not asked: it was late too often just now",
    ]
    assert not asked
    clock.now += deadline.PAUSE_SECONDS
    assert "late" in said(aside.run([("a", stuck)], clock.now + SOON))[0]  # type: ignore[operator]
    assert "not asked" in said(aside.run([("a", lambda: 2)], clock.now + 60))[0]  # type: ignore[operator]
    clock.now += deadline.PAUSE_SECONDS
    assert said(aside.run([("a", lambda: 2)], clock.now + 60)) == [2]
    assert "late" in said(aside.run([("a", stuck)], clock.now + SOON))[0]  # type: ignore[operator]
    assert said(aside.run([("a", lambda: 2)], clock.now + 60)) == [2]  # an answer in between: no longer in a row
    aside.close()


def test_an_answer_before_a_call_that_hangs_ends_its_own_row(stuck: Callable[[], int]) -> None:
    aside = Aside(Held())
    for _ in range(deadline.LATE_IN_A_ROW - 1):
        aside.run([("a", stuck)], SOON)
    assert said(aside.run([("a", lambda: 1), ("b", stuck)], SOON))[0] == 1
    aside.run([("a", stuck)], SOON)
    assert said(aside.run([("a", lambda: 2)], 60.0)) == [2]
    aside.close()


def test_at_most_so_many_calls_hang_and_they_are_forgotten_when_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "MOST_HANGING", 2)
    clock, over = Held(), Event()
    aside = Aside(clock)
    for name in "ab":
        aside.run([(name, over.wait)], SOON)
    assert said(aside.run([("c", lambda: 1)], 60.0)) == ["not asked: 2 calls hang"]
    over.set()
    while said(aside.run([("c", lambda: 1)], 60.0)) != [1]:
        pass
    aside.close()


def test_the_budgets_add_up_to_the_whole_and_what_a_stage_leaves_is_passed_on() -> None:
    budgets = Budgets()
    assert budgets.until_ranker + budgets.rest <= budgets.whole
    assert 0 < budgets.until_state < budgets.until_sources < budgets.until_ranker
    for changes in ({"sources": 2.0}, {"rest": 0.0}, {"state": -1.0}):
        with pytest.raises(InvalidValueError, match="must be positive and add up to at most the whole"):
            Budgets(**changes)


class Recorder(Aside):
    """Takes down until when each call is waited for."""

    def __init__(self) -> None:
        super().__init__(Held())
        self.until: dict[str, float] = {}

    def run(self, calls: Calls[Value], until: float) -> tuple[Outcome[Value], ...]:
        self.until |= {name: until for name, _ in calls}
        return super().run(calls, 60.0)


def test_every_stage_ends_before_the_next_and_all_before_the_deadline() -> None:
    aside, budgets = Recorder(), Budgets()
    time = Deadline(aside, budgets, started=100.0)
    assert time.told({POLICY: lambda: 1, STATE: lambda: 2}) == (1, 2)
    time.stage([("popular", lambda: 3), ("releases", lambda: 4)])
    time.stage([("ranker", lambda: 5)])
    ends = [aside.until[name] for name in (POLICY, "popular", "ranker")]
    assert ends == sorted(set(ends))
    assert aside.until[STATE] == aside.until[POLICY]
    assert ends[-1] + budgets.rest <= 100.0 + budgets.whole
    aside.close()


@pytest.mark.parametrize(("name", "kind"), [(POLICY, PolicyUnavailableError), (STATE, StoreUnavailableError)])
def test_a_store_that_hangs_refuses_in_its_own_words(
    name: str, kind: type[Exception], stuck: Callable[[], int]
) -> None:
    aside = Aside(Held())
    with pytest.raises(kind, match=f"{name} cannot be read: late"):
        Deadline(aside, Budgets(state=SOON), started=-0.7).told({name: stuck})
    aside.close()


def test_what_a_store_raises_is_raised_as_it_is() -> None:
    def broken() -> int:
        raise PolicyUnavailableError("gone")

    for time in (Deadline(Aside(Held()), Budgets(), 0.0), UNHURRIED):
        with pytest.raises(PolicyUnavailableError, match=r"^gone$"):
            time.told({POLICY: broken})


def test_all_the_work_of_a_request_is_done_in_one_other_thread() -> None:
    aside, threads = Aside(Held()), list[int]()

    def work() -> int:
        for name in ("a", "b"):
            aside.run([(name, lambda: threads.append(get_ident()))], 60.0)
        threads.append(get_ident())
        return 7

    assert aside.whole(work) == 7
    assert len(set(threads)) == 1
    assert get_ident() not in threads
    aside.close()


def test_work_with_a_late_call_is_done_again_and_calls_that_were_in_time_are_not_made_again(
    stuck: Callable[[], int],
) -> None:
    aside, made, done = Aside(Held()), list[str](), list[tuple[object, ...]]()

    def work() -> int:
        first = aside.run([("a", lambda: made.append("a") or 1)], 60.0) + aside.run([("b", stuck)], SOON)
        second = aside.run([("c", lambda: made.append("c") or 3)], 60.0)
        done.append((*said(first), *said(second)))
        return len(done)

    assert aside.whole(work) == 1
    assert made == ["a", "c"]
    assert done == [(1, "late: no answer within its share, 0.050 s", 3)]
    aside.close()


def test_work_that_nobody_waits_for_goes_no_further_when_its_call_ends() -> None:
    aside, over, ends = Aside(Held()), Event(), list[int]()

    def work() -> Thread:
        aside.run([("a", over.wait)], SOON)
        ends.append(get_ident())
        return current_thread()

    helper: list[Thread] = []

    def watched() -> Thread:
        helper.append(current_thread())
        return work()

    assert aside.whole(watched) is helper[1]
    over.set()
    helper[0].join(10)
    assert not helper[0].is_alive()
    assert ends == [helper[1].ident]
    aside.close()


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_the_work_is_raised_where_somebody_waits(error: BaseException) -> None:
    def broken() -> int:
        raise error

    aside = Aside(Held())
    with pytest.raises(type(error)) as raised:
        aside.whole(broken)
    assert raised.value is error
    assert aside.whole(lambda: 5) == 5
    aside.close()


def test_work_knows_which_request_it_is_for() -> None:
    aside = Aside(Held())
    for name in ("r1", "r2"):
        token = REQUEST_ID.set(name)
        assert aside.whole(REQUEST_ID.get) == name
        REQUEST_ID.reset(token)
    aside.close()
