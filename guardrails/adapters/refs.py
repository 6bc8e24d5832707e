"""Names of commits: what a ref stands for, which branch is the default one, where two lines of history meet."""

import difflib
import os
from collections.abc import Sequence
from contextlib import suppress

from guardrails import config
from guardrails.adapters.objects import Objects
from guardrails.errors import ConfigurationError, RepositoryError

POLICY = "guardrails.toml"
_CONVENTIONAL = ("main", "master")


def resolve(objects: Objects, ref: str, option: str) -> str:
    """The commit of a ref that the caller gave as `option`; a bare branch name may be the remote's.

    Raises:
        RepositoryError: it names no commit.
    """
    found = objects.commit(ref) or objects.commit(f"refs/remotes/origin/{ref}")
    if found:
        return found
    known = objects.git.text("for-each-ref", "--format=%(refname:short)").split("\n")
    near = difflib.get_close_matches(ref, known, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else "See git branch --all for what there is."
    fetch = "This is a shallow clone: git fetch --unshallow may bring it." if objects.repository.shallow else ""
    raise RepositoryError(f"{option} {ref!r} names no commit of {objects.repository.root}. {hint} {fetch}".rstrip())


def head_commit(objects: Objects) -> str:
    """The commit that is checked out.

    Raises:
        RepositoryError: there is none yet.
    """
    found = objects.commit("HEAD")
    if found is None:
        raise RepositoryError(f"{objects.repository.root} has no commit yet. Commit a first state to judge against.")
    return found


def current_branch(objects: Objects) -> str:
    """The name of the branch that is checked out, or `HEAD` where none is."""
    status, output, _ = objects.git.attempt("symbolic-ref", "--quiet", "--short", "HEAD")
    return os.fsdecode(output).strip() if status == 0 else "HEAD"


def default_branch(objects: Objects) -> tuple[str, tuple[str, ...]] | None:
    """The name of the default branch and the full refs that stand for it, or None where nothing tells.

    The remote's word comes first, then convention; the policy at that branch may name another. Only where neither is
    there does the policy of the checkout decide.
    """
    status, output, _ = objects.git.attempt("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    named = [os.fsdecode(output).strip().removeprefix("origin/")] if status == 0 else []
    for name in (*named, *_CONVENTIONAL):
        refs = branch_refs(objects, name)
        if refs:
            return _by_policy(objects, refs[0]) or (name, refs)
    return _by_policy(objects, "HEAD")


def _by_policy(objects: Objects, ref: str) -> tuple[str, tuple[str, ...]] | None:
    """The default branch that the policy at a ref names, if it names one that exists."""
    name = _policy_branch(objects, ref)
    refs = branch_refs(objects, name) if name else ()
    return (name, refs) if refs else None


def branch_refs(objects: Objects, name: str) -> tuple[str, ...]:
    """The full refs of a branch that exist: the remote's, then the local one."""
    refs = (f"refs/remotes/origin/{name}", f"refs/heads/{name}")
    return tuple(ref for ref in refs if objects.commit(ref))


def merge_base(objects: Objects, base: str, head: str, name: str) -> str:
    """The commit where the history of `head` left that of `base`, which the caller knows as `name`.

    Raises:
        RepositoryError: there is none, or the clone is too shallow to hold it.
    """
    status, output, _ = objects.git.attempt("merge-base", base, head)
    if status == 0:
        return output.decode().strip()
    if objects.repository.shallow:
        raise RepositoryError(
            f"this clone is shallow and does not reach back to where the change left {name}. Fetch the rest: "
            "git fetch --unshallow (with actions/checkout: fetch-depth: 0)."
        )
    raise RepositoryError(f"{name} and the change have no common history. Name another base with --base.")


def nearest_base(objects: Objects, refs: Sequence[str], head: str, name: str) -> str:
    """The merge base nearest to `head` over several refs of one branch, of which some may lag behind."""
    best: str | None = None
    failure: RepositoryError | None = None
    for ref in refs:
        try:
            found = merge_base(objects, ref, head, name)
        except RepositoryError as error:
            failure = error
            continue
        if best is None or objects.git.attempt("merge-base", "--is-ancestor", best, found)[0] == 0:
            best = found
    if best is None:
        raise failure or RepositoryError(f"{name} names no commit. Name the base with --base.")
    return best


def _policy_branch(objects: Objects, ref: str) -> str:
    """`default_branch` of the policy at a ref. A policy that does not parse is complained about elsewhere."""
    status, output, _ = objects.git.attempt("cat-file", "blob", f"{ref}:{POLICY}")
    if status == 0:
        with suppress(ConfigurationError, UnicodeDecodeError):
            return config.parse(output.decode(), POLICY).default_branch
    return ""
