"""An example of what a change does to a user: one request, and what both sides answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One request whose answer changed. `base` and `head` are the ids of both slates, the first places alone;
    `overlap` is that of their first ten, in [0, 1]; `what` says in words what came, went and moved."""

    asked: str
    user: str
    what: str
    base: tuple[str, ...]
    head: tuple[str, ...]
    overlap: float
