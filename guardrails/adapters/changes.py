"""What is to be judged: two sides found from what the caller named, and the difference between them."""

import os
from dataclasses import dataclass

from guardrails.adapters import refs
from guardrails.adapters.diff import difference
from guardrails.adapters.objects import Objects
from guardrails.errors import RepositoryError
from guardrails.model.change import Change, Snapshot

_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller named: refs or None, and whether only the newest change of the checkout is wanted."""

    base: str | None = None
    head: str | None = None
    newest: bool = False


@dataclass(frozen=True, slots=True)
class _Sides:
    base: str
    base_ref: str
    head: Snapshot
    uncommitted: bool
    notes: tuple[str, ...] = ()


def find_change(objects: Objects, wanted: Wanted) -> tuple[Change, tuple[str, ...]]:
    """The change, and sentences on how it was found.

    Raises:
        RepositoryError: a ref is unknown, the base cannot be found, or there is no difference.
    """
    sides = _sides(objects, wanted)
    base = _snapshot(objects, sides.base_ref, sides.base)
    if base.tree == sides.head.tree:
        raise RepositoryError(_nothing(base, sides, wanted))
    files = difference(objects.repository, objects.directory, objects.empty, base.tree, sides.head.tree)
    messages = _messages(objects, sides.base, sides.head.commit or "HEAD")
    return Change(base, sides.head, files, sides.uncommitted, messages), sides.notes


def _sides(objects: Objects, wanted: Wanted) -> _Sides:
    head, uncommitted = _head(objects, wanted)
    tip = head.commit or refs.head_commit(objects)
    if wanted.newest and not wanted.base:
        return _newest(objects, head, tip, uncommitted=uncommitted)
    notes = _uncommitted_note(head) if uncommitted else ()
    if wanted.base:
        given = refs.resolve(objects, wanted.base, "--base")
        base = refs.merge_base(objects, given, tip, wanted.base)
        if base != given:
            notes += (f"The base is {base[:12]}, where the change left {wanted.base} ({given[:12]}).",)
        return _Sides(base, wanted.base, head, uncommitted, notes)
    found = _default_base(objects, tip, head.ref)
    if found is None:
        raise RepositoryError(
            f"{objects.repository.root} has no branch main or master and no origin/HEAD to judge against. "
            "Name the base with --base, or set default_branch in guardrails.toml."
        )
    base, name = found
    return _Sides(base, name, head, uncommitted, (*notes, f"The base is {base[:12]}, where the change left {name}."))


def _head(objects: Objects, wanted: Wanted) -> tuple[Snapshot, bool]:
    """The head: the commit that the caller named, else the work tree where it differs from what is checked out."""
    if wanted.head:
        commit = refs.resolve(objects, wanted.head, "--head")
        return _snapshot(objects, wanted.head, commit), False
    last = _snapshot(objects, refs.current_branch(objects), refs.head_commit(objects))
    if not objects.repository.bare:
        work = objects.uncommitted()
        if work != last.tree:
            return Snapshot(last.ref, None, work), True
    return last, False


def _newest(objects: Objects, head: Snapshot, tip: str, *, uncommitted: bool) -> _Sides:
    """The branch against where it left the default one; on that one the uncommitted work, else the last commit."""
    found = _default_base(objects, tip, "")
    if found is not None and found[0] != tip:
        base, name = found
        notes = _uncommitted_note(head) if uncommitted else ()
        return _Sides(
            base, name, head, uncommitted, (*notes, f"The base is {base[:12]}, where the change left {name}.")
        )
    if uncommitted:
        return _Sides(tip, head.ref, head, uncommitted, _uncommitted_note(head))
    parent = objects.commit(f"{tip}^1")
    if parent is None:
        raise RepositoryError(_no_parent(objects, tip))
    return _Sides(
        parent, f"{head.ref}^", head, uncommitted, ("The change is the newest commit of the default branch.",)
    )


def _default_base(objects: Objects, tip: str, current: str) -> tuple[str, str] | None:
    """Where `tip` left the default branch, and that branch's name. The branch that is checked out is no base of itself
    where the remote has it too."""
    default = refs.default_branch(objects)
    if default is None:
        return None
    name, found = default
    others = tuple(ref for ref in found if ref != f"refs/heads/{current}") or found
    return refs.nearest_base(objects, others, tip, name), name


def _uncommitted_note(head: Snapshot) -> tuple[str, ...]:
    return (f"The uncommitted work on {head.ref} is part of the change; files that .gitignore names are not.",)


def _nothing(base: Snapshot, sides: _Sides, wanted: Wanted) -> str:
    """Why there is nothing to judge, and what to do."""
    words = f"nothing to judge: {sides.head.label} has the same files as its base {base.label}."
    if wanted.base or wanted.head:
        return f"{words} Name other refs with --base and --head."
    return f"{words} Make a change, or judge the last commit with --newest, or name a base with --base."


def _no_parent(objects: Objects, tip: str) -> str:
    if objects.repository.shallow:
        return (
            f"this clone is shallow and ends at {tip[:12]}, so there is nothing to judge it against. Fetch more: "
            "git fetch --deepen=1 (with actions/checkout: fetch-depth: 2)."
        )
    return f"{tip[:12]} is the first commit, so there is nothing to judge it against. Commit a change first."


def _snapshot(objects: Objects, ref: str, commit: str) -> Snapshot:
    tree, subject = objects.tree_and_subject(commit)
    return Snapshot(ref, commit, tree, subject)


def _messages(objects: Objects, base: str, head: str) -> tuple[str, ...]:
    """The messages of the commits, newest first."""
    output = objects.git.run("log", f"--max-count={_MESSAGES}", "-z", "--format=%B", f"{base}..{head}")
    return tuple(os.fsdecode(part).strip() for part in output.split(b"\0") if part.strip())
