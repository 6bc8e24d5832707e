"""Between the types of `wire` and the types of the domain. now and the seed are attached here, and nowhere later."""

from typing import Final

from recsys.domain.events import Event, Kind
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.domain.query import Query, Surface, UserState
from recsys.serving.paging import Page
from recsys.serving.problems import ProblemType, wrong_field
from recsys.serving.wire import Block, EventsRequest, Like, Listen, RecommendationRequest, SimilarRequest, Skip

KINDS: Final = {Listen: Kind.LISTEN, Skip: Kind.SKIP, Like: Kind.LIKE, Block: Kind.BLOCK}


def check_market(catalogue: Catalogue, market: str | None) -> None:
    """Refuse a market that the catalogue does not have. None is fine: the user's or the service's takes its place."""
    if market is not None and catalogue.market_slot(market) is None:
        known = ", ".join(catalogue.markets)
        raise wrong_field("/market", f"{market!r} is not among {known}", ProblemType.UNKNOWN_MARKET)


def query_of(
    request: RecommendationRequest,
    request_id: str,
    *,
    now: int,
    seed: int,
    page: Page | None,
    user: UserState,
    market: str | None,
    breadth: int,
) -> Query:
    """Return the query of a slate. A further page takes now, the seed and the breadth of the first.

    market: the service's own, for a request without one by a user without one.
    """
    return Query(
        request_id=request_id,
        user_id=request.user_id,
        k=request.k,
        now=page.snapshot.now if page else now,
        seed=page.snapshot.seed if page else seed,
        market=request.market or user.market or market,
        surface=Surface(request.surface),
        allow_explicit=request.allow_explicit,
        allow_repeats=request.allow_repeats,
        explain=request.explain,
        breadth=page.breadth if page else breadth,
        offset=page.offset if page else 0,
        snapshot=page.snapshot if page else None,
    )


def similar_query(
    request: SimilarRequest, slot: int, request_id: str, *, now: int, seed: int, market: str | None, breadth: int
) -> Query:
    """Return the query for tracks like the one at `slot`, on nobody's behalf."""
    return Query(
        request_id=request_id,
        user_id="",
        k=request.k,
        now=now,
        seed=seed,
        market=request.market or market,
        surface=Surface.SIMILAR,
        allow_explicit=request.allow_explicit,
        explore=False,
        breadth=breadth,
        about=slot,
    )


def events_of(request: EventsRequest, now: int) -> tuple[Event, ...]:
    """Return the events, times in whole unix seconds. Refuses a time before 1970 or more than a day after `now`."""
    return tuple(_event(event, f"/events/{index}", now) for index, event in enumerate(request.events))


def _event(event: Listen | Skip | Like | Block, pointer: str, now: int) -> Event:
    occurred_at = int(event.occurred_at.timestamp() // 1)
    if not 0 <= occurred_at <= now + SECONDS_A_DAY:
        said = event.occurred_at.isoformat()
        raise wrong_field(f"{pointer}/occurred_at", f"{said} is before 1970 or more than a day from now")
    return Event(
        event_id=event.event_id,
        user_id=event.user_id,
        kind=KINDS[type(event)],
        occurred_at=occurred_at,
        track_id=event.track_id,
        artist_id=event.artist_id if isinstance(event, Block) else None,
        ms_played=event.ms_played if isinstance(event, Listen | Skip) else None,
        request_id=event.request_id,
    )
