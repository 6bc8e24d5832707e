"""Which test modules of a head may come out otherwise than the base's did on the same code."""

from collections.abc import Iterable, Sequence

from guardrails.analysis.left_alone import file_of
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.support import CONFIGURATION, Support, below, dotted, imported, is_test_module
from guardrails.model.change import Change
from guardrails.model.paths import matches
from guardrails.ports import Trees


def affected(
    trees: Trees, change: Change, judges: Sequence[str], paths: Sequence[str], collected: Iterable[str]
) -> tuple[str, ...] | None:
    """The head's test modules below `paths` that use anything of the judges that the change touches.

    None stands for all of them: the change touches how pytest runs, a file of the suite whose part is not known, or a
    judge that the product itself uses. A module that looks for files by itself always counts.
    """
    touched = sorted(path for path in change.paths if matches(path, judges))
    base, head = (Support(Sources(tree), judges) for tree in (trees.base, trees.head))
    known = {file_of(name) for name in collected}
    modules = [path for path in head.judges if below(path, paths) and (is_test_module(path) or path in known)]
    if any(path.rpartition("/")[2] in CONFIGURATION for path in touched):
        return None
    outside = [path for path in touched if is_python(path) and not below(path, paths) and not is_test_module(path)]
    if outside and any(_product_imports(support, outside) for support in (base, head)):
        return None
    old = {file.path: file.base_path for file in change.files}
    used: set[str] = set()
    found = []
    for module in modules:
        both = head.of(module) | (base.of(old.get(module, module)) if old.get(module, module) in base.judges else set())
        used |= both
        data = [path for path in touched if not is_python(path) and head.reads(module, path)]
        used.update(data)
        if data or both.intersection(touched) or head.reads_anything(module):
            found.append(module)
    gone = {path for path in touched if path in known or is_test_module(path)}
    if any(below(path, paths) for path in set(touched) - used - gone):
        return None
    return tuple(found)


def _product_imports(support: Support, judges: Iterable[str]) -> bool:
    """Whether the product uses one of these modules, so that any test may use it through the product."""
    names = {name for path in judges for name in dotted(path)}
    product = (path for path in support.sources.paths.difference(support.judges) if is_python(path))
    for path in product:
        module = support.sources.module(path)
        if module is not None and names & imported(module, path):
            return True
    return False
