"""What the service does, without HTTP: each method takes a request of `wire` and returns an answer of `wire`."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import cast

import numpy as np

from recsys.domain.arrays import Bools
from recsys.domain.config import DEFAULT, Config
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.query import PolicySnapshot, Query, UserState
from recsys.domain.slate import Decision
from recsys.experiments.definitions import Layer
from recsys.pipeline import Engine, Served, eligible, recommend
from recsys.ports import DecisionLog, Outside, Takedowns, Telemetry, UserProfile
from recsys.serving import paging, render, wire
from recsys.serving.deadline import POLICY, STATE, UNHURRIED, Time
from recsys.serving.policy import PolicySnapshots
from recsys.serving.problems import ProblemType, Refusal
from recsys.serving.translate import check_market, query_of, similar_query
from recsys.serving.users import Told, UserStates


class Service:
    """The pipeline between what stands outside and the wire. Decides nothing about ranking."""

    def __init__(
        self, outside: Outside, config: Config = DEFAULT, layers: tuple[Layer, ...] = (), page_seconds: int = 3_600
    ) -> None:
        published = outside.published
        self._outside, self._page_seconds = outside, page_seconds
        self._engine = Engine(published.model, config=config, layers=layers)
        self._anonymous = replace(self._engine, layers=())  # nobody asks, so nobody can be in an experiment
        self._catalogue = published.model.catalogue
        self._users = UserStates(self._catalogue, published.histories, outside.events, outside.users)
        self._policies = PolicySnapshots(self._catalogue, outside.policy)
        self._searchable = Searchable(self._anonymous)

    @property
    def model_version(self) -> str:
        """The version of the model that answers."""
        return self._engine.model.version

    @property
    def decisions(self) -> DecisionLog:
        """The log of what this service has decided."""
        return self._outside.decisions

    def recommend(
        self,
        request: wire.RecommendationRequest,
        request_id: str,
        breadth: int = 100,
        profile: UserProfile | None = None,
        time: Time = UNHURRIED,
    ) -> tuple[wire.RecommendationAnswer, Decision]:
        """Return the slate and the decision to log. breadth: as in `Query`. Raises a refusal or a `RecsysError`.

        profile: of the user, where a profile service is asked. time: what is left for what may hang.
        """
        outside = self._outside
        check_market(self._catalogue, request.market)
        now = outside.clock.now()
        page = paging.decode(request, now, self._page_seconds)
        asked = partial(
            query_of,
            request,
            request_id,
            now=now,
            seed=outside.chance.seed(),
            page=page,
            market=outside.market,
            breadth=breadth,
        )

        def work() -> Decision:
            takedowns, told = self._told(request.user_id, time)
            user = self._users.state(request.user_id, profile, told)
            return self._served(self._engine, asked(user=user), user, self._policies.current(takedowns), time).decision

        decision = time.whole(work)
        return render.recommendation(self._catalogue, request, decision), decision

    def similar(
        self,
        track_id: str,
        request: wire.SimilarRequest,
        request_id: str,
        breadth: int = 100,
        time: Time = UNHURRIED,
    ) -> tuple[wire.SimilarAnswer, Decision]:
        """Return tracks like one, and the decision to log. Refuses an unknown track."""
        slot = self._catalogue.slot(track_id)
        if slot is None:
            raise Refusal(ProblemType.UNKNOWN_TRACK, f"there is no track {track_id[: wire.MAX_ID]!r}")
        check_market(self._catalogue, request.market)
        outside = self._outside
        query = similar_query(
            request,
            slot,
            request_id,
            now=outside.clock.now(),
            seed=outside.chance.seed(),
            market=outside.market,
            breadth=breadth,
        )

        def work() -> Decision:
            (takedowns,) = time.told({POLICY: self._policies.told})
            policy = self._policies.current(takedowns)
            return self._served(self._anonymous, query, UserState.cold(""), policy, time).decision

        decision = time.whole(work)
        return render.similar(self._catalogue, track_id, decision), decision

    def search(self, request: wire.SearchRequest, request_id: str, time: Time = UNHURRIED) -> wire.SearchAnswer:
        """Return what was found among the tracks that may be shown in the market."""
        check_market(self._catalogue, request.market)
        market = request.market or self._outside.market
        today = self._outside.clock.now() // SECONDS_A_DAY
        (takedowns,) = time.told({POLICY: self._policies.told})
        policy = self._policies.current(takedowns)
        allowed = self._searchable.mask(market, today, policy, explicit=request.allow_explicit)
        if request.year_from is not None or request.year_to is not None:
            allowed = allowed & self._searchable.released(request.year_from, request.year_to)
        slots = self._outside.search.search(request.q, request.limit, allowed)
        return wire.SearchAnswer(request_id=request_id, items=render.hits(self._catalogue, slots))

    def warm_up(self) -> None:
        """Make one slate for nobody, so that the first listener does not wait for caches and memory maps to fill."""
        outside = self._outside
        query = Query("", "", k=wire.MAX_K, now=outside.clock.now(), market=outside.market, allow_explicit=True)
        recommend(self._anonymous, query, UserState.cold(""), PolicySnapshot.of(self._catalogue))

    def ready(self, time: Time = UNHURRIED) -> wire.ReadyAnswer:
        """Tell that the stores answer. Raises a `RecsysError` when one does not."""
        self._told("", time)
        return wire.ReadyAnswer(status="ready", model_version=self.model_version)

    def _told(self, user_id: str, time: Time) -> tuple[Takedowns, Told]:
        asked: dict[str, Callable[[], Takedowns | Told]] = {
            POLICY: self._policies.told,
            STATE: partial(self._users.told, user_id),
        }
        takedowns, told = time.told(asked)
        return cast(Takedowns, takedowns), cast(Told, told)

    def _served(self, engine: Engine, query: Query, user: UserState, policy: PolicySnapshot, time: Time) -> Served:
        watch = Stopwatch(self._outside.telemetry)
        return recommend(engine, query, user, policy, observe=watch.lap, guard=time.stage)


class Searchable:
    """Which tracks a search may find: those that the engine's own filters let through for a user without history."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        days = engine.model.catalogue.released.astype("datetime64[D]")
        self._years = days.astype("datetime64[Y]").astype(np.int64) + 1970
        self._of: tuple[str, int] = ("", 0)
        self._masks: dict[tuple[str | None, bool], Bools] = {}

    def mask(self, market: str | None, today: int, policy: PolicySnapshot, *, explicit: bool) -> Bools:
        """Return (n,) bool. today: days since 1970. Kept while policy and day stay: at most two masks a market."""
        if self._of != (policy.version, today):
            self._of, self._masks = (policy.version, today), {}
        found = self._masks.get((market, explicit))
        if found is None:
            found = self._masks[market, explicit] = self._computed(market, today, policy, explicit=explicit)
        return found

    def _computed(self, market: str | None, today: int, policy: PolicySnapshot, *, explicit: bool) -> Bools:
        query = Query("", "", k=0, now=today * SECONDS_A_DAY, market=market, allow_explicit=explicit)
        allowed = np.zeros(self._engine.model.catalogue.size, dtype=np.bool_)
        allowed[eligible(self._engine, query, UserState.cold(""), policy)] = True
        return allowed

    def released(self, first: int | None, last: int | None) -> Bools:
        """Return (n,) bool: released from `first` to `last`, years, None for no bound."""
        after = self._years >= first if first is not None else np.ones(self._years.shape, dtype=np.bool_)
        mask: Bools = after & (self._years <= last) if last is not None else after
        return mask


class Stopwatch:
    """Gives the time since the last lap to telemetry, by stage."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._since = perf_counter()

    def lap(self, stage: str) -> None:
        """End the lap of one stage."""
        now = perf_counter()
        self._telemetry.stage(stage, now - self._since)
        self._since = now
