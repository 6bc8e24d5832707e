"""Everything that can go wrong, as RFC 9457 problem documents: one table, which `openapi.py` publishes too."""

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

import msgspec

from recsys.errors import (
    InvalidQueryError,
    PolicyUnavailableError,
    RecsysError,
    StaleSnapshotError,
    StoreUnavailableError,
    VersionMismatchError,
)
from recsys.serving.wire import FieldError, Problem

MEDIA_TYPE: Final = b"application/problem+json"
RETRY_SECONDS: Final = "1"


class ProblemType(Enum):
    """One kind of problem: the end of its type URI, its status, its title."""

    MALFORMED_JSON = ("malformed-json", HTTPStatus.BAD_REQUEST, "The body is not JSON")
    INVALID_REQUEST = ("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "A field of the request is wrong")
    UNKNOWN_MARKET = ("unknown-market", HTTPStatus.UNPROCESSABLE_ENTITY, "The catalogue has no such market")
    NOT_FOUND = ("not-found", HTTPStatus.NOT_FOUND, "There is nothing at this path")
    UNKNOWN_TRACK = ("unknown-track", HTTPStatus.NOT_FOUND, "The catalogue has no such track")
    METHOD_NOT_ALLOWED = ("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The path has no such method")
    REQUEST_TIMEOUT = ("request-timeout", HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time")
    STALE_PAGE = ("stale-page", HTTPStatus.GONE, "The list that the page belongs to is gone")
    BODY_TOO_LARGE = ("body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = (
        "unsupported-media-type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json",
    )
    INTERNAL = ("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed")
    OVERLOADED = ("overloaded", HTTPStatus.SERVICE_UNAVAILABLE, "More is asked than can be answered")
    NOT_READY = ("not-ready", HTTPStatus.SERVICE_UNAVAILABLE, "The service is starting or stopping")
    STORE_UNAVAILABLE = ("store-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The state store does not answer")
    POLICY_UNAVAILABLE = ("policy-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Hard policy cannot be read")
    VERSION_MISMATCH = ("version-mismatch", HTTPStatus.SERVICE_UNAVAILABLE, "Parts of the model do not match")

    def __init__(self, slug: str, status: HTTPStatus, title: str) -> None:
        self.uri: Final = f"urn:problem-type:recsys:{slug}"
        self.status: Final = int(status)
        self.title: Final = title


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818  the service is well; the request is refused
    """A request that gets a problem document instead of an answer. headers: added to it, such as Allow."""

    kind: ProblemType
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.detail}"


def wrong_field(pointer: str, detail: str, kind: ProblemType = ProblemType.INVALID_REQUEST) -> Refusal:
    """Return the refusal of one field. pointer: RFC 6901 into the body, or /name of a query parameter."""
    return Refusal(kind, f"{pointer or 'the whole input'}: {detail}", (FieldError(pointer, detail),))


BY_ERROR: Final[tuple[tuple[type[RecsysError], ProblemType], ...]] = (
    (InvalidQueryError, ProblemType.INVALID_REQUEST),
    (StaleSnapshotError, ProblemType.STALE_PAGE),
    (PolicyUnavailableError, ProblemType.POLICY_UNAVAILABLE),
    (StoreUnavailableError, ProblemType.STORE_UNAVAILABLE),
    (VersionMismatchError, ProblemType.VERSION_MISMATCH),
)
OPERATORS: Final = {
    ProblemType.POLICY_UNAVAILABLE: (
        "No track may be shown while takedowns, or what the user has blocked, cannot be read; try again."
    ),
    ProblemType.STORE_UNAVAILABLE: "The store does not answer. Send events again: each counts once.",
    ProblemType.VERSION_MISMATCH: "No slate can be made until an operator has repaired it.",
    ProblemType.INTERNAL: "It is logged under the instance of this document.",
}


def refusal_of(error: Exception) -> Refusal:
    """Translate any error. What an operator must act on is told in general words: details belong in the log."""
    if isinstance(error, Refusal):
        return error
    kind = next((kind for parent, kind in BY_ERROR if isinstance(error, parent)), ProblemType.INTERNAL)
    headers = (("retry-after", RETRY_SECONDS),) if kind.status == HTTPStatus.SERVICE_UNAVAILABLE else ()
    return Refusal(kind, OPERATORS.get(kind) or str(error), headers=headers)


def document(refusal: Refusal, request_id: str) -> bytes:
    """Render the problem document."""
    problem = Problem(
        type=refusal.kind.uri,
        title=refusal.kind.title,
        status=refusal.kind.status,
        detail=refusal.detail,
        instance=f"urn:uuid:{request_id}",
        errors=list(refusal.errors) if refusal.errors else msgspec.UNSET,
    )
    return msgspec.json.encode(problem)
