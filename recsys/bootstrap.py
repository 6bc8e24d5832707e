"""The composition root: puts adapters behind ports. No other module names an adapter.

Each adapter is imported where it is built, so that training needs no search engine and tests no database.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from recsys.adapters.artifacts.directory import ArtifactDirectory
from recsys.adapters.chance import SystemChance
from recsys.adapters.clock import ManualClock, SystemClock
from recsys.domain.items import Catalogue
from recsys.domain.model import Model
from recsys.domain.published import Published
from recsys.domain.recorded import Recorded
from recsys.domain.slate import Decision, Exchange
from recsys.errors import InvalidValueError
from recsys.experiments.definitions import Layer
from recsys.ports import (
    Background,
    Calls,
    Clock,
    DecisionLog,
    EventStore,
    Neighbours,
    Outside,
    PolicyStore,
    SearchIndex,
    UserStore,
)
from recsys.settings import ServeSettings

EVENTS_FILE: Final = "state.sqlite3"
TAKEDOWNS_FILE: Final = "takedowns.json"
DECISIONS_DIRECTORY: Final = "decisions"
PROFILES_FILE: Final = "profiles.sqlite3"
SEARCH_FILE: Final = "search.index"
BOOKMARK_FILE: Final = "listens.place"


def artifact_directory(path: Path) -> ArtifactDirectory:
    """Return the store of one published model, its search index beside it."""
    return ArtifactDirectory(path, {SEARCH_FILE: _write_index})


def _write_index(path: Path, catalogue: Catalogue, model_version: str) -> None:
    from recsys.adapters import search_file

    search_file.write(path, catalogue, model_version)


def _search(settings: ServeSettings, model: Model) -> SearchIndex:
    from recsys.adapters import search_file

    return search_file.read(settings.artifact / SEARCH_FILE, model.catalogue, model.version)


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """What every worker has alike, and may share with the others: the model and the index of its titles."""

    published: Published
    search: SearchIndex


def loaded(settings: ServeSettings) -> Loaded:
    """Read the model and its search index. Raises `ArtifactError`."""
    published = artifact_directory(settings.artifact).read()
    return Loaded(published, _search(settings, published.model))


def production(settings: ServeSettings, worker: int = 0, before: Loaded | None = None) -> Outside:
    """Return what the real service stands on. worker: number of this process among `settings.workers`.

    before: what was loaded before this process was forked; it counts unless another model is published by now.
    Raises `ArtifactError`, `StoreUnavailableError`, `PolicyUnavailableError` or `InvalidValueError`.
    """
    from recsys.adapters.counted import CountedEvents, CountedUsers
    from recsys.adapters.telemetry import PrometheusTelemetry

    newest = artifact_directory(settings.artifact).manifest().model_version
    held = before if before is not None and before.published.model.version == newest else loaded(settings)
    published = held.published
    model = published.model
    telemetry = PrometheusTelemetry(model.version, shared=settings.workers > 1)
    with ExitStack() as opened:
        outside = _neighbourly(settings, worker, telemetry, opened, _stateful(settings, published, opened))
        return replace(
            outside,
            events=CountedEvents(outside.events, telemetry.asked),
            users=CountedUsers(outside.users, telemetry.asked),
            search=held.search,
            decisions=_decisions(settings, worker, model, telemetry.dropped, opened),
            telemetry=telemetry,
            close=opened.pop_all().close,
        )


def renewed(settings: ServeSettings, outside: Outside) -> Outside | None:
    """Return what the service stands on with the model that is published now; None when it is the one in service.

    Stores, connections and counters stay. Raises `ArtifactError` for a model that cannot be served, and
    `InvalidValueError` for one that lacks the service's market.
    """
    directory = artifact_directory(settings.artifact)
    if directory.manifest().model_version == outside.published.model.version:
        return None
    published = directory.read()
    return replace(
        outside,
        published=published,
        search=_search(settings, published.model),
        decisions=_for_model(outside.decisions, settings, published.model),
        market=home_market(published.model, settings.market),
    )


def one_answer(settings: ServeSettings) -> Outside:
    """Return what a single slate needs: the model and the state. Nothing is searched, logged or counted.

    Raises as `production` does.
    """
    with ExitStack() as opened:
        published = artifact_directory(settings.artifact).read()
        return replace(_stateful(settings, published, opened), close=opened.pop_all().close)


def in_memory(published: Published, clock: Clock | None = None, seed: int | None = None) -> Outside:
    """Return a whole service without disk. For tests.

    Replace what a test wants to hold: `dataclasses.replace(outside, events=mine)`.
    """
    from recsys.adapters.memory import MemoryDecisions, MemoryEvents, MemoryTakedowns, MemoryUsers
    from recsys.adapters.search import TantivySearch
    from recsys.adapters.telemetry import PrometheusTelemetry

    return Outside(
        published=published,
        events=MemoryEvents(),
        users=MemoryUsers(),
        policy=MemoryTakedowns(),
        search=TantivySearch(published.model.catalogue),
        decisions=MemoryDecisions(),
        clock=clock or SystemClock(),
        chance=SystemChance(seed),
        telemetry=PrometheusTelemetry(published.model.version),
        market=home_market(published.model, None),
    )


def recorded(state: Path, request_id: str, published: Published) -> Recorded:
    """Return what the decision log of a state directory tells of a request. Raises `ReplayError`."""
    from recsys.adapters.records import DecisionFiles

    return DecisionFiles(state / DECISIONS_DIRECTORY).find(request_id, published.model.catalogue)


def experiments(path: Path | None) -> tuple[Layer, ...]:
    """Return the experiments in force; none without a file. Raises `InvalidValueError`."""
    from recsys.adapters.experiments import read_experiments

    return () if path is None else read_experiments(path)


def home_market(model: Model, wanted: str | None) -> str | None:
    """Return the market of requests that name none: the wanted one, or the catalogue's first.

    Raises `InvalidValueError` for one that the catalogue lacks.
    """
    markets = model.catalogue.markets
    if wanted is not None and wanted not in markets:
        raise InvalidValueError(f"the catalogue has no market {wanted!r}; it has {', '.join(markets)}")
    return wanted or (markets[0] if markets else None)


def _stateful(settings: ServeSettings, published: Published, opened: ExitStack) -> Outside:
    from recsys.adapters.memory import MemoryEvents, MemoryUsers, NoDecisions, NoSearch, NoTelemetry
    from recsys.adapters.sqlite import SqliteEvents, SqliteState, SqliteUsers

    events: EventStore = MemoryEvents()
    users: UserStore = MemoryUsers()
    if settings.redis is not None:
        events, users = _shared(settings.redis, opened)
    elif settings.state is not None:
        state = SqliteState(settings.state / EVENTS_FILE)
        opened.callback(state.close)
        events, users = SqliteEvents(state), SqliteUsers(state)
    return Outside(
        published=published,
        events=events,
        users=users,
        policy=_policy(settings),
        search=NoSearch(),
        decisions=NoDecisions(),
        clock=_clock(settings),
        chance=SystemChance(settings.seed),
        telemetry=NoTelemetry(),
        market=home_market(published.model, settings.market),
    )


def _neighbourly(settings: ServeSettings, worker: int, calls: Calls, opened: ExitStack, outside: Outside) -> Outside:
    """Put the services that are asked beside the stores; without an address all stays as it is."""
    if settings.catalogue is settings.profiles is settings.listens is None:
        return outside
    try:
        from recsys.adapters.neighbours import catalogue, http, listens, profiles, shelf
    except ModuleNotFoundError as error:
        raise InvalidValueError(
            f"asking other services needs the package {error.name}: pip install 'recsys-guardrails[neighbours]'"
        ) from None
    background: list[Background] = []
    policy, state, known = outside.policy, settings.state, None
    if settings.catalogue is not None:
        asked = http.Neighbour("catalogue", settings.catalogue, catalogue.LIMITS, calls)
        policy = polled = catalogue.PolledTakedowns(catalogue.Catalogue(asked), policy, stale=settings.stale_takedowns)
        background.append(polled)
    if settings.profiles is not None:
        kept: profiles.Shelf = profiles.NoShelf()
        if state is not None:
            kept = file = shelf.SqliteShelf(state / PROFILES_FILE)
            opened.callback(file.close)
        asked = http.Neighbour("profiles", settings.profiles, profiles.LIMITS, calls)
        known = profiles.KeptProfiles(profiles.ProfileClient(asked), kept)
    if settings.listens is not None and worker == 0:
        asked = http.Neighbour("listens", settings.listens, listens.LIMITS, calls)
        place = listens.Bookmark(state / BOOKMARK_FILE if state is not None else None)
        background.append(listens.Listening(listens.ListenFeed(asked), place, outside.clock, calls))
    return replace(outside, policy=policy, neighbours=Neighbours(known, tuple(background)))


def _shared(url: str, opened: ExitStack) -> tuple[EventStore, UserStore]:
    try:
        from recsys.adapters.redis import RedisEvents, RedisState, RedisUsers
    except ModuleNotFoundError as error:
        raise InvalidValueError(
            f"--redis needs the package {error.name}: pip install 'recsys-guardrails[redis]'"
        ) from None
    state = RedisState(url)
    opened.callback(state.close)
    return RedisEvents(state), RedisUsers(state)


def _clock(settings: ServeSettings) -> Clock:
    if settings.now is None:
        return SystemClock()
    return ManualClock(settings.now) if settings.hold_clock else SystemClock.starting_at(settings.now)


def _policy(settings: ServeSettings) -> PolicyStore:
    """A named file must be there; the one in the state directory is made when it is not."""
    from recsys.adapters.memory import MemoryTakedowns
    from recsys.adapters.takedowns import TakedownFile

    if settings.takedowns is not None:
        file = TakedownFile(settings.takedowns)
    elif settings.state is not None:
        file = TakedownFile(settings.state / TAKEDOWNS_FILE)
        file.create()
    else:
        return MemoryTakedowns()
    file.takedowns()
    return file


def _decisions(
    settings: ServeSettings, worker: int, model: Model, dropped: Callable[[], None], opened: ExitStack
) -> DecisionLog:
    from recsys.adapters.decisions import QueuedDecisions, RotatingFile
    from recsys.adapters.memory import NoDecisions

    if settings.state is None:
        return NoDecisions()
    file = RotatingFile(settings.state / DECISIONS_DIRECTORY / f"worker-{worker}.jsonl")
    log = QueuedDecisions(file, _lines(settings.state, settings, model), dropped)
    opened.callback(log.close)
    return log


def _for_model(log: DecisionLog, settings: ServeSettings, model: Model) -> DecisionLog:
    from recsys.adapters.decisions import OtherModel, QueuedDecisions

    own = log.log if isinstance(log, OtherModel) else log
    if settings.state is None or not isinstance(own, QueuedDecisions):
        return log
    return OtherModel(own, _lines(settings.state, settings, model))


def _lines(state: Path, settings: ServeSettings, model: Model) -> Callable[[Decision, Exchange], Callable[[], bytes]]:
    from recsys.adapters.decisions import JsonDecisions
    from recsys.adapters.policies import DIRECTORY as POLICIES
    from recsys.adapters.policies import PolicyArchive

    catalogue = model.catalogue
    policies = PolicyArchive(state / DECISIONS_DIRECTORY / POLICIES, catalogue.ids, catalogue.markets)
    return JsonDecisions(catalogue.ids, settings.full_decisions, policies).prepared
