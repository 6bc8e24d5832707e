"""A request becomes a slate."""

from shop.diversity import cap, diversify
from shop.domain import Item, Request
from shop.errors import InvalidRequestError
from shop.filters import distinct, licensed, offered, unseen
from shop.ports import Store
from shop.ranking import rank

MOST_PER_ARTIST = 3
LARGEST_SLATE = 100


def recommend(store: Store, request: Request) -> list[Item]:
    """The slate for a request.

    Raises:
        InvalidRequestError: the size of the slate is not between 1 and 100.
    """
    if not 1 <= request.k <= LARGEST_SLATE:
        raise InvalidRequestError(f"k is {request.k}; it must be between 1 and {LARGEST_SLATE}")
    items = distinct(store.get_many(store.candidates()))
    allowed = offered(licensed(items, request.market))
    fresh = unseen(allowed, store.seen(request.user_id))
    return diversify(cap(rank(fresh), MOST_PER_ARTIST), request.k)


def render(slate: list[Item]) -> dict[str, list[dict[str, object]]]:
    """The answer as it goes over the wire."""
    return {"items": [{"id": item.item_id, "artist": item.artist, "score": item.score} for item in slate]}
