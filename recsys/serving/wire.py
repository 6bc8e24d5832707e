"""Every request and every answer of the HTTP API, field by field. `openapi.py` describes the API from these types.

Requests are strict: an unknown field, another JSON type, or a value outside its range is refused, never repaired. A
field that may be null means the same when null and when left out. Times are RFC 3339 with an offset; lengths of time
are milliseconds; scores are finite numbers whose scale belongs to the model and may change with it.
"""

from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

RECOMMENDATIONS: Final = "/v1/recommendations"
SIMILAR: Final = "/v1/tracks/{track_id:path}/similar"
MAX_K: Final = 100
MAX_EVENTS: Final = 500
MAX_ID: Final = 128
MAX_TEXT: Final = 200
MAX_MS_PLAYED: Final = 86_400_000
NO_CONTROLS: Final = r"^(?!.*[\u0000-\u001f\u007f])"

Id: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1, max_length=MAX_ID, pattern=NO_CONTROLS, description="An opaque identifier, no control characters."
    ),
]
MarketCode: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1, max_length=16, pattern=NO_CONTROLS, description="A market of the catalogue, such as SE.",
        examples=["SE"],
    ),
]  # fmt: skip
SlateSize: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_K)]
Instant: TypeAlias = Annotated[
    datetime, Meta(tz=True, description="RFC 3339 with an offset.", examples=["2026-11-01T08:30:00Z"])
]
MsPlayed: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_MS_PLAYED, description="Milliseconds heard, at most a day.")]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Reason: TypeAlias = Annotated[
    Literal["listening", "popular", "new_release", "similar_track", "discovery", "catalogue"],
    Meta(
        description=(
            "Why the track is there: it follows from what the user listens to, is popular in the market, is new, "
            "resembles the track asked about, was drawn to explore, or fills up from the rest of the catalogue."
        )
    ),
]


TierName: TypeAlias = Annotated[
    Literal["scored", "fallback"], Meta(description="Which scorer the score is from; fallback comes last.")
]
Rule: TypeAlias = Literal["explored", "artist_cap_relaxed", "backfilled"]


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """The parent of what a client sends."""


class Answer(Struct, frozen=True, omit_defaults=True):
    """The parent of what the service sends. A field that is optional is left out, never null."""


class RecommendationRequest(Request, frozen=True):
    """Asks for a slate. Only `user_id` is needed; an unknown user gets the cold-start slate."""

    user_id: Id
    k: Annotated[SlateSize, Meta(description="Tracks to return, at most.")] = 20
    market: Annotated[
        MarketCode | None, Meta(description="Left out: the user's home market, or else the service's.")
    ] = None
    surface: Annotated[Literal["home", "radio"], Meta(description="Where the slate is shown.")] = "home"
    allow_explicit: Annotated[
        bool | None, Meta(description="Explicit tracks need a yes here or in the user's settings, and no no in either.")
    ] = None
    allow_repeats: Annotated[
        bool | None, Meta(description="Whether played tracks may appear. Left out: radio yes, home no.")
    ] = None
    explain: Annotated[bool, Meta(description="Add features, scores and rules to every item.")] = False
    page_token: Annotated[
        Annotated[str, Meta(min_length=1, max_length=512)] | None,
        Meta(description="`next_page_token` of the page before; all other fields but k must be as they were there."),
    ] = None


class Explanation(Answer, frozen=True):
    """How one item came to its place. features: what the ranker read, by name. rules: what re-ranking did."""

    features: dict[str, float]
    source_scores: Annotated[dict[str, float], Meta(description="The score that each source gave, on its own scale.")]
    rules: list[Rule]


class Item(Answer, frozen=True):
    """One recommended track."""

    track_id: str
    title: str
    artist_id: str
    artist_name: str
    explicit: bool
    score: Annotated[float, Meta(description="Greater is better; comparable within one tier of one answer only.")]
    tier: TierName
    position: Annotated[Count, Meta(description="0 for the first track of the first page.")]
    sources: Annotated[
        list[str], Meta(min_length=1, description="The candidate sources, the one that counts as its origin first.")
    ]
    reason: Reason
    propensity: Annotated[float, Meta(gt=0, le=1, description="Chance of this track here, given the tracks before it.")]
    explanation: Explanation | UnsetType = UNSET


class RecommendationAnswer(Answer, frozen=True):
    """A slate. `items` holds fewer than k when fewer tracks are eligible, and may be empty."""

    request_id: Annotated[str, Meta(description="Send it back with events about these tracks.")]
    model_version: str
    surface: Literal["home", "radio"]
    items: list[Item]
    degraded: Annotated[
        list[str],
        Meta(
            description=(
                "Stages that failed and were done without. For want of time: `breadth` when fewer candidates were "
                "weighed, `diversity` when they were not held apart by similarity. Empty when all is well."
            )
        ),
    ]
    experiments: Annotated[dict[str, str], Meta(description="The arm of every experiment that the user is in.")]
    next_page_token: Annotated[
        str | UnsetType, Meta(description="Asks for the tracks that follow. Left out on the last page.")
    ] = UNSET
    removed: Annotated[
        dict[str, Count] | UnsetType, Meta(description="Candidates that filters removed, by reason; with `explain`.")
    ] = UNSET


class EventBase(Request, frozen=True, tag_field="type"):
    """What every event has. Known only by (user_id, event_id): the same pair twice counts once, the first one wins."""

    event_id: Id
    user_id: Id
    occurred_at: Annotated[Instant, Meta(description="When it happened: since 1970, at most a day from now.")]


class Listen(EventBase, frozen=True, tag="listen"):
    """The user heard a track. Without ms_played it counts as heard in full."""

    track_id: Id
    ms_played: MsPlayed | None = None
    request_id: Id | None = None


class Skip(EventBase, frozen=True, tag="skip"):
    """The user skipped a track."""

    track_id: Id
    ms_played: MsPlayed | None = None
    request_id: Id | None = None


class Like(EventBase, frozen=True, tag="like"):
    """The user liked a track."""

    track_id: Id
    request_id: Id | None = None


class Block(EventBase, frozen=True, tag="block"):
    """The user never wants a track, or anything by an artist: exactly one of track_id and artist_id."""

    track_id: Id | None = None
    artist_id: Id | None = None
    request_id: Id | None = None

    def __post_init__(self) -> None:
        if (self.track_id is None) == (self.artist_id is None):
            raise ValueError("A block names a track_id or an artist_id, and not both")


class EventsRequest(Request, frozen=True):
    """Reports events. All are stored, or none. A track that the catalogue lacks is stored and has no effect on it."""

    events: Annotated[list[Listen | Skip | Like | Block], Meta(min_length=1, max_length=MAX_EVENTS)]


class EventsAnswer(Answer, frozen=True):
    """The events are on disk, and every answer from now on reflects them."""

    accepted: Annotated[Count, Meta(description="Events that were new.")]
    duplicates: Annotated[Count, Meta(description="Events whose (user_id, event_id) was known.")]


class SearchRequest(Request, frozen=True):
    """The query parameters of a search. Every word of `q` must occur in the title or the artist's name."""

    q: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=NO_CONTROLS, description="Words to look for.")]
    market: Annotated[MarketCode | None, Meta(description="Left out: the service's home market.")] = None
    year_from: Annotated[Annotated[int, Meta(ge=1000, le=9999)] | None, Meta(description="First release year.")] = None
    year_to: Annotated[Annotated[int, Meta(ge=1000, le=9999)] | None, Meta(description="Last release year.")] = None
    allow_explicit: Annotated[bool, Meta(description="Whether explicit tracks may be found.")] = False
    limit: SlateSize = 20


class SearchHit(Answer, frozen=True):
    """One track that was found."""

    track_id: str
    title: str
    artist_id: str
    artist_name: str
    explicit: bool
    released: Annotated[date, Meta(description="Release date.")]


class SearchAnswer(Answer, frozen=True):
    """What was found, best first; equal matches by track_id."""

    request_id: str
    items: list[SearchHit]


class SimilarRequest(Request, frozen=True):
    """The query parameters of similar tracks."""

    k: SlateSize = 20
    market: Annotated[MarketCode | None, Meta(description="Left out: the service's home market.")] = None
    allow_explicit: Annotated[bool, Meta(description="Whether explicit tracks may appear.")] = False


class SimilarAnswer(Answer, frozen=True):
    """Tracks like the one asked about, best first. It is never among them."""

    request_id: str
    model_version: str
    track_id: str
    items: list[Item]
    degraded: list[str]


class HealthAnswer(Answer, frozen=True):
    """The process is alive."""

    status: Literal["alive"]


class ReadyAnswer(Answer, frozen=True):
    """The service answers. Not ready is a problem document with status 503."""

    status: Literal["ready"]
    model_version: str


class FieldError(Answer, frozen=True):
    """One thing wrong with the input. pointer: RFC 6901, into the body; for a query parameter, /name."""

    pointer: str
    detail: str


class Problem(Answer, frozen=True):
    """An RFC 9457 problem document. Act on `type` (stable), show `detail` to a person, quote `instance` to support."""

    type: Annotated[str, Meta(description="One of the URIs of `ProblemType`.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    instance: Annotated[str, Meta(description="urn:uuid: of the request, also in the logs.")]
    errors: Annotated[list[FieldError] | UnsetType, Meta(description="What is wrong, field by field.")] = UNSET
