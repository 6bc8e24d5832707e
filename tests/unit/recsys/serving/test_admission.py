"""The queue before the engine, and what pressure does to a slate."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from recsys.domain.config import DEFAULT
from recsys.serving.admission import Admission
from recsys.serving.breadth import LEAST_REQUESTS, STEPS, Breadth
from recsys.serving.problems import Refusal
from recsys.settings import Limits
from tests.serving_fakes import Harness, answered, harness, ids


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def all_at_once(*calls: Callable[[], Awaitable[object]]) -> list[object]:
    async def run() -> list[object]:
        return await asyncio.gather(*(call() for call in calls), return_exceptions=True)

    return asyncio.run(run())


def test_what_is_past_the_bound_is_refused_before_anybody_is_served() -> None:
    admission, told = Admission(waiting=3, seconds=1), list[str]()

    async def ask(name: str) -> None:
        try:
            async with admission.turn():
                told.append(f"{name} served")
        except Refusal as refusal:
            told.append(f"{name} refused, {refusal.kind.name}")

    all_at_once(*(lambda name=name: ask(name) for name in "abcdef"))
    refused = [f"{name} refused, OVERLOADED" for name in "def"]
    assert told == [*refused, "a served", "b served", "c served"]


def test_whoever_waited_too_long_is_refused_unserved() -> None:
    hands = Hands()
    admission, served = Admission(waiting=10, seconds=0.5, clock=hands), list[str]()

    async def ask(name: str, takes: float) -> None:
        async with admission.turn():
            served.append(name)
            hands.time += takes

    told = all_at_once(lambda: ask("a", 0.4), lambda: ask("b", 0.2), lambda: ask("c", 0))
    assert served == ["a", "b"]
    assert [type(answer) for answer in told] == [type(None), type(None), Refusal]
    all_at_once(lambda: ask("d", 0))
    assert served == ["a", "b", "d"]


def test_a_failure_and_a_client_that_leaves_give_the_turn_back() -> None:
    admission = Admission(waiting=4, seconds=1)

    async def fail() -> None:
        async with admission.turn():
            raise OSError("as if")

    async def leave() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        task.cancel()

    async def ask() -> int:
        async with admission.turn() as breadth:
            return breadth

    told = all_at_once(fail, leave, fail, ask)
    assert [type(answer) for answer in told] == [OSError, type(None), OSError, int]


def test_the_time_to_retry_is_the_time_that_the_queue_takes() -> None:
    hands = Hands()
    admission = Admission(waiting=200, seconds=1_000, clock=hands)

    async def ask() -> None:
        async with admission.turn():
            hands.time += 0.1

    async def two_crowds() -> list[list[object]]:
        return [await asyncio.gather(*(ask() for _ in range(210)), return_exceptions=True) for _ in range(2)]

    first, second = asyncio.run(two_crowds())
    assert first.count(None) == second.count(None) == 200
    headers = [[answer.headers for answer in told if isinstance(answer, Refusal)] for told in (first, second)]
    assert set(headers[0]) == {(("retry-after", "1"),)}  # nothing is known yet
    assert set(headers[1]) == {(("retry-after", "20"),)}


def test_breadth_narrows_under_pressure_and_recovers() -> None:
    breadth = Breadth()
    calm = [breadth.after(0.001) for _ in range(200)]
    pressed = [breadth.after(0.2) for _ in range(200)]
    between = [breadth.after(0.02) for _ in range(200)]
    over = [breadth.after(0.0) for _ in range(300)]
    assert set(calm) == {100}
    assert pressed[-1] == STEPS[-1]
    assert sorted(pressed, reverse=True) == pressed
    assert set(between) == {STEPS[-1]}
    assert over[-1] == 100
    assert sorted(over) == over
    for step in STEPS[1:-1]:
        assert pressed.count(step) >= LEAST_REQUESTS


def test_narrower_settings_are_smaller_budgets_and_nothing_else() -> None:
    half = replace(DEFAULT.narrowed(50), relevance_weight=DEFAULT.relevance_weight)
    assert (half.item_item_budget, half.popular_budget, half.release_budget) == (150, 75, 25)
    assert half.replaced({"item_item_budget": 300, "popular_budget": 150, "release_budget": 50}) == DEFAULT
    assert [DEFAULT.narrowed(breadth).relevance_weight for breadth in (51, 50)] == [DEFAULT.relevance_weight, 1.0]
    assert DEFAULT.narrowed(100) is DEFAULT
    assert DEFAULT.replaced({"release_budget": 1}).narrowed(1).release_budget == 1
    assert DEFAULT.replaced({"release_budget": 0}).narrowed(50).release_budget == 0


def test_a_slate_under_pressure_is_whole_and_says_so(service: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = service.recommend(k=100)
    monkeypatch.setattr(Breadth, "after", lambda *_: 25)
    narrow = service.recommend(k=100)
    assert (calm["degraded"], narrow["degraded"]) == ([], ["breadth", "diversity"])
    assert len(set(ids(narrow))) == len(ids(calm)) == 100
    before, after = service.decisions.decisions
    assert after.features.candidates.slots.shape[0] < before.features.candidates.slots.shape[0]


def test_a_list_goes_on_as_it_began(service: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ids(service.recommend(k=40))
    first = service.recommend(k=20)
    monkeypatch.setattr(Breadth, "after", lambda *_: 25)
    second = service.recommend(k=20, page_token=first["next_page_token"])
    assert ids(first) + ids(second) == whole
    assert second["degraded"] == []


def test_a_full_queue_is_a_problem_document() -> None:
    with harness(limits=Limits(waiting=0)) as service:
        for response in (
            service.client.post("/v1/recommendations", json={"user_id": "u"}),
            service.client.get("/v1/search?q=a"),
            service.client.get(f"/v1/tracks/{service.outside.published.model.catalogue.ids[0]}/similar"),
        ):
            assert response.status_code == 503
            assert response.json()["type"] == "urn:problem-type:recsys:overloaded"
            assert response.headers["retry-after"] == "1"
        answered(service.client.get("/healthz"))
        answered(service.client.get("/readyz"))
