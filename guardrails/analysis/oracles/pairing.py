"""Which test of the head is which test of the base: moved and renamed tests are known again by what they do."""

import ast
import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from guardrails.analysis.oracles.collected import Function, Hidden, TestCase
from guardrails.analysis.walking import unparse

_ALIKE = 0.6  # the share of lines by which an edited test is known again under another name
_NEAR = 20  # candidates that are looked at for one test
_NAMESAKE = 0.3  # the same of a test elsewhere that has the same name
_TELLING = 2  # statements of a body that is unlikely to stand twice by chance


_LINES: WeakKeyDictionary[ast.AST, list[str]] = WeakKeyDictionary()
_COUNTED: WeakKeyDictionary[ast.AST, Counter[str]] = WeakKeyDictionary()
_BODIES: WeakKeyDictionary[ast.AST, str] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs (base, head), the base's tests without a partner, and the head's."""

    pairs: tuple[tuple[TestCase, TestCase], ...]
    gone: tuple[TestCase, ...]
    new: tuple[TestCase, ...]


def pair(base: Sequence[TestCase], head: Sequence[TestCase], renamed: Mapping[str, str]) -> Pairing:
    """Match tests, the surest way first: by place and name, by body, by name alone, by likeness within a file.

    `renamed` maps the base's paths to the head's.
    """
    old, new = list(base), list(head)
    pairs: list[tuple[TestCase, TestCase]] = []
    keys: tuple[tuple[Callable[[TestCase], Hashable], Callable[[TestCase], Hashable]], ...] = (
        (lambda t: (renamed.get(t.path, t.path), t.name), lambda t: (t.path, t.name)),
        (_telling_body, _telling_body),
        (lambda t: (renamed.get(t.path, t.path), t.bare), lambda t: (t.path, t.bare)),
        (lambda t: t.bare, lambda t: t.bare),
    )
    for rank, (key_of_old, key_of_new) in enumerate(keys):
        pairs += _match(old, new, key_of_old, key_of_new, least=_NAMESAKE if rank > 1 else 0.0)
    pairs += _alike(old, new, renamed)
    return Pairing(tuple(pairs), tuple(old), tuple(new))


def body_of(node: Function) -> str:
    """A function's arguments and body without its name, its docstring and its decorators, as text for comparing."""
    if node not in _BODIES:
        body = node.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        _BODIES[node] = "\n".join(ast.dump(part) for part in (node.args, *body))
    return _BODIES[node]


def hidden_twin(test: TestCase, hidden: Sequence[Hidden], renamed: Mapping[str, str]) -> Hidden | None:
    """The function that a test of the base became and that pytest no longer collects, by name or by body."""
    path = renamed.get(test.path, test.path)
    body = body_of(test.node)
    same = [h for h in hidden if body_of(h.node) == body]
    named = [h for h in hidden if h.path == path and h.node.name == test.bare]
    return next(iter([*(h for h in named if h in same), *named, *same]), None)


def _telling_body(test: TestCase) -> Hashable:
    """A body that is long enough to be known again; a test with a short one is only itself."""
    return body_of(test.node) if len(test.node.body) >= _TELLING else id(test.node)


def _match(
    old: list[TestCase],
    new: list[TestCase],
    key_of_old: Callable[[TestCase], Hashable],
    key_of_new: Callable[[TestCase], Hashable],
    least: float,
) -> list[tuple[TestCase, TestCase]]:
    """Pair by equal keys and take the pairs out of both lists; of several with one key the likest, `least` at least."""
    waiting: dict[Hashable, list[TestCase]] = defaultdict(list)
    for test in new:
        waiting[key_of_new(test)].append(test)
    pairs = []
    taken: set[int] = set()
    for test in old:
        partners = waiting.get(key_of_old(test), [])
        rated = [(_ratio(test, partner) if least else 1.0, partner) for partner in partners[:_NEAR]]
        ratio, partner = max(rated, key=lambda r: r[0], default=(0.0, None))
        if partner is not None and ratio >= least:
            partners.remove(partner)
            taken |= {id(test), id(partner)}
            pairs.append((test, partner))
    old[:] = [test for test in old if id(test) not in taken]
    new[:] = [test for test in new if id(test) not in taken]
    return pairs


def _alike(old: list[TestCase], new: list[TestCase], renamed: Mapping[str, str]) -> list[tuple[TestCase, TestCase]]:
    """Pair what is alike within one file, the likest first. Only tests that share a line are looked at."""
    by_line: dict[tuple[str, str], list[TestCase]] = defaultdict(list)
    for other in new:
        for line in set(_lines(other)):
            by_line[other.path, line].append(other)
    scored = []
    for test in old:
        shared: Counter[int] = Counter()
        near: dict[int, TestCase] = {}
        for line in set(_lines(test)):
            for other in by_line.get((renamed.get(test.path, test.path), line), ())[:_NEAR]:
                shared[id(other)] += 1
                near[id(other)] = other
        likely = ((key, near[key]) for key, _ in shared.most_common(_NEAR))
        rated = ((_ratio(test, other, _ALIKE), test, other) for _, other in likely)
        scored += [entry for entry in rated if entry[0] >= _ALIKE]
    pairs = []
    taken: set[int] = set()
    for _, test, other in sorted(scored, key=lambda s: -s[0]):
        if not taken & {id(test), id(other)}:
            taken |= {id(test), id(other)}
            pairs.append((test, other))
    old[:] = [test for test in old if id(test) not in taken]
    new[:] = [test for test in new if id(test) not in taken]
    return pairs


def _lines(test: TestCase) -> list[str]:
    """A test's lines without the first, in one layout. They are kept: each test is held against many others."""
    kept = _LINES.get(test.node)
    if kept is None:
        kept = _LINES[test.node] = unparse(test.node).split("\n")[1:]
    return kept


def _counted(test: TestCase) -> Counter[str]:
    """How often each line stands in a test; kept as the lines are."""
    if test.node not in _COUNTED:
        _COUNTED[test.node] = Counter(_lines(test))
    return _COUNTED[test.node]


def _ratio(one: TestCase, other: TestCase, least: float = 0.0) -> float:
    """How alike two bodies are, by their lines; 0 where that can be told to be below `least` without comparing them."""
    lines = _lines(one), _lines(other)
    total = len(lines[0]) + len(lines[1])
    if total and least and 2.0 * (_counted(one) & _counted(other)).total() / total < least:
        return 0.0
    return difflib.SequenceMatcher(None, *lines, autojunk=False).ratio()
