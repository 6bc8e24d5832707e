"""Recorded answers that tests compare with: snapshots, golden files, pacts, baselines."""

import re
from collections.abc import Iterable, Iterator, Sequence

from guardrails.analysis.observation import Observation
from guardrails.analysis.source import Sources, is_python
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.paths import matches

_DIRECTORY = re.compile(
    r"^(_*snapshots?_*|goldens?|expected|baselines?|pacts?|cassettes?|approved|references?|recordings?)$"
)
_SUFFIX = re.compile(r"\.(snap|ambr|golden|approved\.\w+|expected\.\w+|pact)$")


def recordings(
    files: Iterable[FileChange], judges: Sequence[str], base: Sources, head: Sources
) -> Iterator[Observation]:
    """Recorded answers that are changed or deleted; one that moves as it is, and one that is new, is none."""
    for file in files:
        path = file.base_path
        recorded = _SUFFIX.search(path) or any(_DIRECTORY.match(part) for part in path.lower().split("/")[:-1])
        if not recorded or is_python(path) or not matches(path, judges) or file.kind is ChangeKind.ADDED:
            continue
        before, after = base.text(path), head.text(file.path)
        gone = file.kind is ChangeKind.DELETED
        if gone or before != after:
            what = f"the recorded answer {path} is {'deleted' if gone else 'changed'}"
            yield Observation("recorded-answer-changed", file.path, None, what)
