"""What is known of a change before any gate looks at it: its trees, exported, and the policies of both sides."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters.changes import find_change
from guardrails.adapters.git import Repository, open_repository
from guardrails.adapters.objects import private_objects
from guardrails.adapters.store import DirectoryStore, cache_directory
from guardrails.adapters.trees import Exporter, GitTree
from guardrails.cli.options import CheckOptions
from guardrails.cli.origin import Origin, judge_of
from guardrails.model.change import Change
from guardrails.policy import Policies, read_policies


class BaseJudges(Exception):  # noqa: N818 - not an error: the way out to where the other gate is started
    """The base's gate must judge, and it is not the one that is running."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(str(origin.root))
        self.origin = origin


@dataclass(frozen=True, slots=True)
class Site:
    """One change, ready to be judged."""

    repository: Repository
    store: DirectoryStore
    change: Change
    base: GitTree
    head: GitTree
    trial: GitTree
    policies: Policies
    notes: tuple[str, ...]

    def touched(self) -> str:
        """What a program has done to the trees since they were exported, in words; empty if nothing."""
        for name, tree in (("head", self.head), ("base", self.base), ("trial", self.trial)):
            changed = tree.changed()
            if changed:
                return (
                    f"{len(changed)} of the files of the {name} that was judged were changed meanwhile, the first is "
                    f"{changed[0]}: a program that a gate ran has written into the evidence. Have it write elsewhere."
                )
        return ""

    @property
    def project_python(self) -> str | None:
        """The interpreter for the project's own code: the policy's, else the repository's `.venv`, else None."""
        named = self.policies.base.environment.python
        if named:
            return str(self.repository.root / Path(named).expanduser())
        # A linked work tree seldom has an environment of its own.
        places = (self.repository.root, self.repository.common_directory.parent)
        # The directory may be a link to another checkout's; the sandbox shows what it leads to, not the link.
        found = ((place / ".venv").resolve() / "bin/python" for place in places)
        return next((str(path) for path in found if path.exists()), None)


@contextmanager
def open_site(
    options: CheckOptions, environment: Mapping[str, str], *, cache: Path | None, own_judge: bool
) -> Iterator[Site]:
    """The change that the options name. What is private to the check is removed on leaving. `cache` is where the cache
    lies, None for the repository's own.

    Raises:
        GuardrailsError: there is no change to judge, or no policy to judge it by.
        BaseJudges: the base's own gate must judge it, and `own_judge` does not say otherwise.
    """
    repository = open_repository(options.repository)
    with ExitStack() as stack:
        cache = cache or cache_directory(environment, repository.common_directory.parent)
        store, store_notes = usable_store(stack, cache)
        objects = private_objects(repository, stack.enter_context(store.scratch()))
        change, notes = find_change(objects, options.wanted)
        exporter = Exporter(objects, store)
        base, head = exporter.export(change.base.tree), exporter.export(change.head.tree)
        # Before the policy is read: the base's policy is written for the base's gate.
        origin = Origin() if own_judge else judge_of(base, head, environment)
        if origin.root is not None:
            raise BaseJudges(origin)
        policies = read_policies(base, head, adopting=options.adopting)
        trial = exporter.trial(base, head, policies.base.project.judges)
        notes = (*notes, *policies.notes, *origin.notes, *store_notes)
        yield Site(repository, store, change, base, head, trial, policies, notes)


def usable_store(stack: ExitStack, directory: Path) -> tuple[DirectoryStore, tuple[str, ...]]:
    """The cache, or a passing one where none can be kept."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(directory, os.W_OK | os.X_OK):
            return stack.enter_context(DirectoryStore(directory)), ()
        reason = "it is not writable"
    except OSError as error:
        reason = error.strerror or "it cannot be made"
    passing = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gr-")))
    note = (
        f"No cache is kept at {directory} ({reason}), so every check starts cold. Set GUARDRAILS_CACHE to a directory."
    )
    return stack.enter_context(DirectoryStore(passing)), (note,)
