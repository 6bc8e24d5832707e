"""The token of a further page: the snapshot that it must be asked under, its offset, and whose list it is.

The token is not secret and not signed. A client that makes one up gains nothing: the engine refuses versions that do
not hold, `now` may lie only within the last `Limits.page_seconds`, and the seed only deals the exploration.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import msgspec

from recsys.domain.chance import hash64
from recsys.domain.query import Snapshot
from recsys.errors import StaleSnapshotError
from recsys.serving.problems import wrong_field
from recsys.serving.wire import RecommendationRequest

FORMAT: Final = 2
SNAPSHOT: Final = attrgetter("now", "seed", "model_version", "policy_version", "config_version", "state_version")


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list goes on. offset: positions shown before. owner: digest of the fields that make the list.

    breadth: of the first page: a list goes on as it began, whatever the pressure is by now.
    """

    snapshot: Snapshot
    offset: int
    owner: int
    breadth: int = 100


class _Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: int
    owner: int
    offset: int
    breadth: int
    now: int
    seed: int
    model_version: str
    policy_version: str
    config_version: str
    state_version: int


def owner_of(request: RecommendationRequest) -> int:
    """Return a digest of whose list a request asks for: everything but k, explain and the token."""
    return hash64(
        request.user_id, repr((request.market, request.surface, request.allow_explicit, request.allow_repeats))
    )


def encode(page: Page) -> str:
    """Return the token: base64url without padding, about 130 characters."""
    token = _Token(FORMAT, page.owner, page.offset, page.breadth, *SNAPSHOT(page.snapshot))
    return urlsafe_b64encode(msgspec.msgpack.encode(token)).rstrip(b"=").decode()


def decode(request: RecommendationRequest, now: int, max_age: int) -> Page | None:
    """Return the page that a request asks for, None for the first one.

    now: unix seconds. Raises a refusal for a token that this service did not make or that belongs to another request,
    and `StaleSnapshotError` for one older than `max_age` seconds.
    """
    if request.page_token is None:
        return None
    token = _parsed(request.page_token)
    if token.owner != owner_of(request):
        raise wrong_field("/page_token", "belongs to a request with other fields; repeat them, or leave the token out")
    if not now - max_age <= token.now <= now:
        raise StaleSnapshotError(f"the list is older than {max_age} seconds; ask for its first page again")
    snapshot = Snapshot(
        now=token.now,
        seed=token.seed,
        model_version=token.model_version,
        policy_version=token.policy_version,
        config_version=token.config_version,
        state_version=token.state_version,
    )
    return Page(snapshot, token.offset, token.owner, token.breadth)


def _parsed(text: str) -> _Token:
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        token = msgspec.msgpack.decode(data, type=_Token)
    except (Base64Error, UnicodeError, msgspec.MsgspecError) as error:
        raise wrong_field("/page_token", "is not a token of this service; take next_page_token as it is") from error
    if token.format != FORMAT or token.offset <= 0 or not 1 <= token.breadth <= 100:
        raise wrong_field("/page_token", "is of another version of this service; ask for the first page again")
    return token
