"""What of new product code costs more than it says: a function once more, a call for each element."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from guardrails.analysis.clones import Shape, shapes
from guardrails.analysis.observation import Observation
from guardrails.analysis.percall import annotated, methods_of, per_element
from guardrails.analysis.source import Sources
from guardrails.model.change import FileChange

_LOOP = re.compile(r"\bfor\b|\bmap\(|\bwhile\b")


def clones(base: Sources, head: Sources, product: Sequence[FileChange], paths: Sequence[str]) -> Iterator[Observation]:
    """New functions of the changed files that the product has already. `paths` is the whole product of the head."""
    changed = {file.path: file for file in product}
    new: list[tuple[str, Shape]] = []
    moved: Counter[str] = Counter()
    for path, file in changed.items():
        old = Counter(shape.digest for shape in _shapes(base, file.base_path))
        now = _shapes(head, path)
        for shape in now:
            if old[shape.digest] > 0:
                old[shape.digest] -= 1
            else:
                new.append((path, shape))
        moved.update(old)
    fresh = []
    for path, shape in new:  # what another changed file lost has moved
        if moved[shape.digest] > 0:
            moved[shape.digest] -= 1
        else:
            fresh.append((path, shape))
    yield from (_repeated(path, shape, head, paths) for path, shape in fresh if _twin(path, shape, head, paths))


def _shapes(sources: Sources, path: str) -> list[Shape]:
    module = sources.module(path) if path in sources.paths else None
    return list(shapes(module)) if module is not None else []


def _twin(path: str, shape: Shape, head: Sources, paths: Sequence[str]) -> tuple[str, Shape] | None:
    """Another function of the same shape. Files without the words of this one are not read."""
    for other in paths:
        text = head.text(other) or ""
        if all(word in text for word in shape.words):
            for found in _shapes(head, other):
                if found.digest == shape.digest and (other, found.line) != (path, shape.line):
                    return other, found
    return None


def _repeated(path: str, shape: Shape, head: Sources, paths: Sequence[str]) -> Observation:
    twin = _twin(path, shape, head, paths)
    where = f"{twin[1].name} in {twin[0]}" if twin else "another function"
    return Observation("clone", path, shape.line, f"{shape.name} in {path} is {where} once more, under other names")


def calls(base: Sources, head: Sources, product: Sequence[FileChange], paths: Sequence[str]) -> Iterator[Observation]:
    """New calls for each element where the same object answers for many."""
    for file in product:
        module = head.module(file.path)
        if module is None or not _LOOP.search(head.text(file.path) or ""):
            continue
        methods = _methods(head, annotated(module), paths)
        if not methods:
            continue
        before = base.module(file.base_path) if file.base_path in base.paths else None
        old = Counter(found.text for found in per_element(before, methods)) if before is not None else Counter[str]()
        for found in per_element(module, methods):
            if old[found.text] > 0:
                old[found.text] -= 1
            else:
                what = f"{file.path} calls `{found.text}` once for each element; {found.batch} takes them in one call"
                yield Observation("call-per-element", file.path, found.line, what)


def _methods(head: Sources, wanted: set[str], paths: Sequence[str]) -> dict[str, dict[str, bool]]:
    """The methods of the classes with these names, wherever the product defines them."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    pattern = re.compile(rf"^class ({'|'.join(map(re.escape, sorted(wanted)))})\b", re.MULTILINE)
    for path in paths if wanted else ():
        text = head.text(path) or ""
        module = head.module(path) if pattern.search(text) else None
        for name, methods in methods_of(module).items() if module is not None else ():
            if name in wanted:
                found[name] |= methods
    return dict(found)
