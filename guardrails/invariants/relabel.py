"""Renaming a world: other ids, the same structure."""

from collections.abc import Mapping
from dataclasses import replace

from guardrails.invariants.world import EventKind, Request, World, replace_request


def relabelled(world: World, request: Request) -> tuple[World, Request, Mapping[str, str]]:
    """The world and the request under new ids, and the renaming of the items.

    The order of item and artist ids is kept, since ids break ties. Users are renamed too: a recommender that hashes
    them may do so for exploration and assignment only, which the relation switches off.
    """
    items = {item.id: f"renamed-{item.id}" for item in world.items}
    artists = {item.artist: f"renamed-{item.artist}" for item in world.items}
    entities = {item.entity: items.get(item.entity, f"renamed-{item.entity}") for item in world.items}
    users = {user: f"renamed-{user}" for user in (*world.users, request.user)}
    renamed = replace(
        world,
        items=tuple(
            replace(i, id=items[i.id], entity=entities[i.entity], artist=artists[i.artist]) for i in world.items
        ),
        users=tuple(users[user] for user in world.users),
        no_explicit=frozenset(users[user] for user in world.no_explicit),
        history=tuple(
            replace(
                event,
                user=users.get(event.user, event.user),
                target=(artists if event.kind is EventKind.BLOCK_ARTIST else items).get(event.target, event.target),
            )
            for event in world.history
        ),
    )
    return renamed, replace_request(request, user=users[request.user]), items
