"""An example of what a change does to a user: one request, what both sides answer, and what they say of the reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that the services say of an item: its name, and what each side says; empty on the side that is mute."""

    name: str
    base: str
    head: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One item that came, went or changed its place. Places count from 1 and are None on the side that lacks it.

    `reasons` are what differs of it, for an item of one side what that side says of it; `more` of them are left out.
    None at all for an item of both sides: nothing of its own changed, so it is others that passed or left it.
    """

    item: str
    base: int | None
    head: int | None
    reasons: tuple[Reason, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One request whose answer changed. `base` and `head` are the ids of both slates, the first places alone;
    `overlap` is that of their first ten, in [0, 1]; `what` says in words what came, went and moved.

    `moved` says why, as both services explain it, and `whole` what they say otherwise of the answer as a whole;
    `unexplained` says why there is no explanation."""

    asked: str
    user: str
    what: str
    base: tuple[str, ...]
    head: tuple[str, ...]
    overlap: float
    moved: tuple[Moved, ...] = ()
    whole: tuple[Reason, ...] = ()
    unexplained: str = ""
