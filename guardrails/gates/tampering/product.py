"""What of the product's own code behaves for its judge."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.analysis import own_errors
from guardrails.analysis.cheats import Recited, read_paths, recited, signs
from guardrails.analysis.names import Names
from guardrails.analysis.observation import Observation
from guardrails.analysis.oracles.conventions import Conventions
from guardrails.analysis.products import product_files, top_packages
from guardrails.analysis.sign import Sign
from guardrails.analysis.singled_out import held, singled_out, tables
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.suppressions import HARMLESS, Suppression, loosened_annotations, suppressions
from guardrails.gates.tampering import craft
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Severity
from guardrails.model.paths import matches

_STARTUP = frozenset({"sitecustomize.py", "usercustomize.py"})
_TOOLS = frozenset(
    {
        "pytest", "_pytest", "pluggy", "hypothesis", "_hypothesis_pytestplugin", "mypy", "ruff", "importlinter",
        "grimp", "pact", "locust", "gevent", "coverage", "xdist", "guardrails", "sitecustomize", "usercustomize",
    }
)  # fmt: skip
_ENTRY_POINTS = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True, slots=True)
class Place:
    """The two sides and what of them is product."""

    base: Sources
    head: Sources
    files: tuple[FileChange, ...]
    packages: tuple[str, ...]
    judges: tuple[str, ...]
    tests: tuple[str, ...]
    conventions: Conventions

    def product(self) -> list[FileChange]:
        """The changed Python files of the product that the head has."""
        head = set(product_files(sorted(self.head.paths), self.packages, (*self.judges, *self.tests)))
        return [f for f in self.files if f.path in head]

    def python(self) -> list[FileChange]:
        """The changed Python files that the head has, but data of the tests."""
        kept = (f for f in self.files if is_python(f.path) and f.kind is not ChangeKind.DELETED)
        return [f for f in kept if not (matches(f.path, self.judges) and self.conventions.is_passed_over(f.path))]


def observe(place: Place) -> Iterator[Observation]:
    """Everything about product code."""
    product = place.product()
    yield from _signs(place, product)
    yield from _recited(place, product)
    yield from _copied(place)
    yield from _reads(place, product)
    yield from _suppressions(place, {f.path for f in product})
    whole = product_files(sorted(place.head.paths), place.packages, (*place.judges, *place.tests))
    yield from craft.clones(place.base, place.head, product, whole)
    yield from craft.calls(place.base, place.head, product, whole)
    yield from _startup(place)
    yield from _shadows(place)
    yield from _stubs(place)
    for file in product:
        was = place.base.module(file.base_path) is not None or file.base_path not in place.base.paths
        if place.head.module(file.path) is None and was:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            what = f"{file.path} cannot be read by the grammar of the gate's own Python {version}"
            yield Observation("unreadable", file.path, None, what)


def _signs(place: Place, product: Sequence[FileChange]) -> Iterator[Observation]:
    """Signs that the changed files have more of than they had, all together."""
    own = _own_errors(place, product)
    found = [(f.path, sign) for f in product for sign in (*_signs_of(place.head, f.path), *own(place.head, f.path))]
    if not found:
        return
    judges = (*place.judges, *place.tests)
    paths = {f.base_path for f in place.files if is_python(f.base_path) and not matches(f.base_path, judges)}
    old = Counter(
        (sign.rule, sign.key) for path in paths for sign in (*_signs_of(place.base, path), *own(place.base, path))
    )
    for path, sign in found:
        if sign.rule == "test-runner-detected" and _extends_pytest(place, path):
            sign = replace(sign, severity=Severity.REVIEW)
        if old[sign.rule, sign.key] > 0:
            old[sign.rule, sign.key] -= 1
        else:
            yield _observation(sign, path)


def _own_errors(place: Place, product: Sequence[FileChange]) -> Callable[[Sources, str], Iterator[Sign]]:
    """Finds where a file swallows all errors of the project's own. The files that define them are read if one might."""
    if not any(own_errors.may_catch(place.head.text(file.path) or "") for file in product):
        return lambda *_: iter(())
    judges = (*place.judges, *place.tests)
    roots = own_errors.roots(place.head, product_files(sorted(place.head.paths), place.packages, judges))

    def found(sources: Sources, path: str) -> Iterator[Sign]:
        module = sources.module(path)
        if module is not None and own_errors.may_catch(sources.text(path) or ""):
            yield from own_errors.swallowed_roots(module, sources.names(path), roots, place.packages)

    return found


def _extends_pytest(place: Place, path: str) -> bool:
    """Whether the base's file is itself a plugin of the test runner: it may name what it plugs into."""
    old = next((f.base_path for f in place.files if f.path == path), path)
    return any(full.partition(".")[0] in {"pytest", "_pytest"} for full in place.base.names(old).imports.values())


def _signs_of(sources: Sources, path: str) -> Iterator[Sign]:
    module = sources.module(path)
    if module is not None:
        yield from signs(module, sources.names(path), sources.text(path) or "", path)


def _observation(sign: Sign, path: str) -> Observation:
    return Observation(sign.rule, path, sign.line, f"{path} {sign.what}", sign.severity)


def _test_text(place: Place) -> str:
    """The source of all tests of the base, for looking literals up."""
    return "\n".join(place.base.text(path) or "" for path in _judging(place))


def _load_text(place: Place) -> str:
    """The source of what drives load at the base."""
    return "\n".join(place.base.text(path) or "" for path in _judging(place) if _LOAD.search(path))


def _judging(place: Place) -> Iterator[str]:
    """Tests and what else judges in directories, at the base."""
    for path in sorted(place.base.paths):
        if matches(path, place.tests) or ("/" in path and matches(path, place.judges)):
            yield path


_LOAD = re.compile(r"(?i)load|bench|locust|perf")


def _recited(place: Place, product: Sequence[FileChange]) -> Iterator[Observation]:
    """Branches on literals of the tests that return literals of the tests."""
    candidates = []
    for file in product:
        after = place.head.module(file.path)
        new = list(_by_heart(after, place.head.names(file.path))) if after is not None else []
        before = place.base.module(file.base_path) if new else None
        old = {r.key for r in _by_heart(before, place.base.names(file.base_path))} if before is not None else set()
        candidates += [(file.path, r) for r in new if r.key not in old]
    text = _test_text(place) if candidates else ""
    load = _load_text(place) if any(found.prefix for _, found in candidates) else ""
    for path, found in candidates:
        if _of_the_tests(found, text, load):
            what = f"{path} answers by heart what the tests ask: `{found.key}`"
            yield Observation("answer-by-heart", path, found.line, what)


def _copied(place: Place) -> Iterator[Observation]:
    """Data of the change, in files and texts of the product, that holds ids of the tests and no others."""
    tops = tuple(f"{package.replace('.', '/')}/" for package in place.packages)
    asked = frozenset[str]()
    for file in place.files:
        inside = f"/{file.path}".startswith(tuple(f"/{top}" for top in tops))
        if file.kind is ChangeKind.DELETED or not inside or matches(file.path, (*place.judges, *place.tests)):
            continue
        module = place.head.module(file.path) if is_python(file.path) else None
        plain = file.path.endswith(_DATA) and held(place.head.text(file.path) or "")
        found = [*tables(module)] if module is not None else [(plain, 1)] if plain else []
        before = place.base.text(file.base_path) or ""
        for ids, line in found:
            asked = asked or frozenset(_IDS.findall(_test_text(place)))
            if ids <= asked and not all(one in before for one in ids):
                what = f"{file.path} holds a table of what the tests ask: {', '.join(sorted(ids)[:5])}"
                yield Observation("answer-by-heart", file.path, line, what)


_DATA = (".json", ".jsonl", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".txt", ".ini")


def _by_heart(module: ast.Module, names: Names) -> Iterator[Recited]:
    """Answers by heart, and conditions that single out an id."""
    yield from recited(module)
    for one in singled_out(module, names):
        yield Recited(one.key, (repr(one.word),), one.line, prefix=one.part)


def _of_the_tests(found: Recited, text: str, load: str) -> bool:
    """Whether what a branch names is an input of the tests."""
    literals = [literal.strip("'\"") for literal in found.literals]
    if found.pattern:
        return _matches_an_id(literals[0], text)
    if not found.prefix:
        return all(_stands_in(word, text) for word in literals)
    figures = all(word.isdigit() for word in literals)
    where = f"{load}\n{text}" if figures else load
    return all(
        re.search(rf"(?<![\w.]){re.escape(word)}\w|[A-Za-z_]{re.escape(word)}(?!\w)", where) for word in literals
    )


def _matches_an_id(pattern: str, text: str) -> bool:
    """Whether a pattern of the change matches an id of the tests; both are short, so that it ends in time."""
    try:
        known = re.compile(pattern[:_PATTERN])
    except (re.error, OverflowError):
        return False
    return any(known.fullmatch(word) for word in set(_IDS.findall(text)))


_PATTERN = 40
_IDS = re.compile(r"\b[A-Za-z]{1,8}[-_:]?[0-9]{1,8}\b")


def _stands_in(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text) is not None


def _reads(place: Place, product: Sequence[FileChange]) -> Iterator[Observation]:
    """Paths of judges that the product names and did not name."""
    paths = place.base.paths | place.head.paths
    judged = [p for p in paths if "/" in p and (matches(p, place.judges) or matches(p, place.tests))]
    directories = {p.rsplit("/", n)[0] for p in judged for n in range(1, p.count("/") + 1)}
    known = set(judged) | {d for d in directories if "/" in d}
    tops = {k.partition("/")[0] for k in known}
    alone = _data_names(judged, paths)
    for file in product:
        source = place.head.text(file.path) or ""
        if not any(word in source for word in (*tops, *alone)):
            continue
        yield from _imports_judges(place, file, tops)
        before, after = place.base.module(file.base_path), place.head.module(file.path)
        old = {text for text, _ in read_paths(before)} if before is not None else set()
        for text, line in read_paths(after) if after is not None else ():
            whole = text.strip("/")
            ending = next((k for k in known if whole == k or whole.endswith(f"/{k}")), None)
            ending = ending or next((top for top in tops if text == f"/{top}"), None)
            ending = ending or alone.get(whole)
            if ending and text not in old:
                yield Observation("reads-judges", file.path, line, f"{file.path} names {ending}, which judges it")
                break


def _data_names(judged: Sequence[str], paths: frozenset[str]) -> dict[str, str]:
    """Names of data files of the judges that no other file of the tree has, with their paths."""
    names = Counter(path.rpartition("/")[2] for path in paths)
    data = (path for path in judged if not is_python(path) and "." in path.rpartition("/")[2])
    return {path.rpartition("/")[2]: path for path in data if names[path.rpartition("/")[2]] == 1}


def _imports_judges(place: Place, file: FileChange, tops: Iterable[str]) -> Iterator[Observation]:
    """New imports of the tests, or of what else judges, by product code."""
    own = {package.partition(".")[0] for package in place.packages}
    old = set(place.base.names(file.base_path).imports.values())
    for full in place.head.names(file.path).imports.values():
        if full not in old and full.partition(".")[0] in set(tops) - own:
            yield Observation("reads-judges", file.path, None, f"{file.path} imports {full}, which judges it")


def _product_again(place: Place) -> Iterator[Observation]:
    """A package of the product's name beside the tests: pytest puts their directory before the product's own."""
    for file in place.files:
        directory, _, name = file.path.rpartition("/")
        if file.kind is ChangeKind.DELETED or not directory or not matches(file.path, (*place.judges, *place.tests)):
            continue
        above, _, last = directory.rpartition("/")
        package, root = (last, above) if name == "__init__.py" else (name.removesuffix(".py"), directory)
        inside = f"{root}/__init__.py" in place.head.paths
        if root and not inside and package in place.packages and file.path not in place.base.paths:
            what = f"{file.path} takes the place of the product's {package} where the tests import it"
            yield Observation("shadows-module", file.path, 1, what, Severity.REVIEW)


def _suppressions(place: Place, product: set[str]) -> Iterator[Observation]:
    """Kinds of suppression of which a file has more than it had, and the change as a whole too."""
    before = {f.path: _of(place.base, f.base_path) for f in place.python()}
    after = {f.path: _of(place.head, f.path) for f in place.python()}
    moved = {f.base_path for f in place.python()}
    gone = [s for f in place.files if f.base_path not in moved for s in _of(place.base, f.base_path)]
    spare = Counter(s.kind for s in gone)
    for path, found in before.items():
        spare.update(Counter(s.kind for s in found) - Counter(s.kind for s in after[path]))
    for path, found in after.items():
        grown = Counter(s.kind for s in found) - Counter(s.kind for s in before[path])
        for kind, count in sorted(grown.items()):
            left = count - min(spare[kind], count)
            spare[kind] -= count - left
            if left > 0 and kind not in HARMLESS and kind != "Any":
                yield _suppression(path, kind, before[path], found, is_product=path in product)
    for file in place.files:
        if file.path in product:
            yield from _loosened(place, file)


def _loosened(place: Place, file: FileChange) -> Iterator[Observation]:
    """Annotations that said what a value is and now say `Any`."""
    before, after = place.base.module(file.base_path), place.head.module(file.path)
    if before is None or after is None or "Any" not in (place.head.text(file.path) or ""):
        return
    names = place.base.names(file.base_path), place.head.names(file.path)
    for where, old, new, line in loosened_annotations(before, after, *names):
        what = f"in {file.path} {where} was {old} and is now {new}"
        yield Observation("suppression", file.path, line, what)


def _of(sources: Sources, path: str) -> tuple[Suppression, ...]:
    text = sources.text(path) if is_python(path) else None
    return () if text is None else suppressions(text, sources.module(path), sources.names(path))


def _suppression(
    path: str, kind: str, before: Iterable[Suppression], after: Iterable[Suppression], *, is_product: bool
) -> Observation:
    """One finding for a file and a kind: how many there are and were, and the first that is new."""
    old, new = ([s for s in side if s.kind == kind] for side in (before, after))
    known = Counter(s.text for s in old)
    fresh = next((s for s in new if not known[s.text] or known.subtract([s.text]) is not None), new[-1])
    reasoned = all(s.reason for s in new if s.text not in {o.text for o in old})
    said = " (it gives a reason)" if fresh.reason else ""
    what = f"{path} has {len(new)} times `{kind}`, and had {len(old)}{said}: `{fresh.text[:80]}`"
    mild = reasoned and not is_product
    return Observation("suppression", path, fresh.line, what, Severity.NOTE if mild else None)


def _stubs(place: Place) -> Iterator[Observation]:
    """New stubs beside modules: type checkers read them in the place of the code."""
    for file in place.files:
        module = file.path.removesuffix("i")
        if file.path.endswith(".pyi") and file.path not in place.base.paths and module in place.head.paths:
            what = f"{file.path} is what type checkers read in the place of {module}, which nothing checks any more"
            yield Observation("suppression", file.path, 1, what)


def _startup(place: Place) -> Iterator[Observation]:
    """Files and entry points that run in every process."""
    for file in place.files:
        name = file.path.rpartition("/")[2]
        if file.kind is not ChangeKind.DELETED and (name in _STARTUP or name.endswith(".pth")):
            yield Observation("startup-hook", file.path, 1, f"{file.path} runs in every Python process")
        if file.path in _ENTRY_POINTS:
            old, new = place.base.text(file.base_path) or "", place.head.text(file.path) or ""
            if new.count("pytest11") > old.count("pytest11"):
                line = next((n for n, text in enumerate(new.split("\n"), 1) if "pytest11" in text), None)
                what = f"{file.path} registers a plugin that pytest loads by itself"
                yield Observation("startup-hook", file.path, line, what)


def _shadows(place: Place) -> Iterator[Observation]:
    """New top-level modules with the name of a test tool or of the standard library; the product once more."""
    yield from _product_again(place)
    old = set(top_packages(place.base.paths, ())) | {p.partition("/")[0] for p in place.base.paths}
    added = {f.path for f in place.files if f.kind in {ChangeKind.ADDED, ChangeKind.RENAMED}}
    for name in top_packages(sorted(added), ()):
        path = next((p for p in sorted(added) if name in p.removesuffix(".py").split("/")), name)
        if name in old or (name not in _TOOLS and name not in sys.stdlib_module_names):
            continue
        severity = None if name in _TOOLS else Severity.REVIEW
        yield Observation("shadows-module", path, 1, f"{path} takes the place of the module {name}", severity)
