"""Which mutants are tried against which tests, the most telling first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from guardrails.analysis.left_alone import function_of
from guardrails.analysis.mutants.functions import Function, functions
from guardrails.analysis.mutants.gutted import gives_a_value, gutted
from guardrails.analysis.mutants.looks import asserts
from guardrails.analysis.mutants.small import Mutant, import_mutants, small_mutants
from guardrails.analysis.mutants.subject import Subject
from guardrails.analysis.mutants.text import SourceText
from guardrails.analysis.source import Sources
from guardrails.model.mutation import Called, Notice, Observation, Trial

_CALLED = 12
_CASES = 50
_SMALL_OF_A_PROCEDURE = 8
_LEAST_SECONDS = 3.0
_TIMES = 4.0
_SLOW = 5.0
"""Mutants whose tests take longer than this are tried last."""
_AT_IMPORT = 3.0
"""How long the tests of a mutant may take that is imported anew for each: the quickest are chosen."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A mutant with its trial. `of_test` is the new test that is judged by it; empty for one that judges the suite."""

    mutant: Mutant
    trial: Trial
    of_test: str = ""
    is_gutted: bool = False


@dataclass(frozen=True, slots=True)
class NewTest:
    """A new test as it ran: its passed ids, and the functions that it called, itself or by what stands around it.

    `whole` is false where it called more functions than are gutted, or has more cases than are run; `asserts` says
    whether it asserts anything.
    """

    name: str
    ids: tuple[str, ...]
    called: tuple[Called, ...]
    whole: bool
    asserts: bool = True


def new_tests_seen(tests: Mapping[str, Function], seen: Observation) -> tuple[NewTest, ...]:
    """The new tests that passed and called functions of the product."""
    found = []
    for name, function in tests.items():
        ids = tuple(one for one in seen.passed if function_of(one) == name)
        merged: dict[tuple[str, str, int], Called] = {}
        for one in ids:
            for call in seen.calls.get(one, ()):
                key = (call.path, call.function, call.line)
                known = merged.get(key, call)
                returns = tuple(sorted({*known.returns, *call.returns}))
                merged[key] = Called(*key, known.direct or call.direct, returns)
        direct = tuple(call for call in merged.values() if call.direct) or tuple(merged.values())
        if direct:
            whole = len(direct) <= _CALLED and len(ids) <= _CASES
            found.append(NewTest(name, ids[:_CASES], direct[:_CALLED], whole, asserts(function.node)))
    return tuple(found)


class Plan:
    """The mutants of a change, given what its tests execute."""

    def __init__(self, subjects: Sequence[Subject], tests: Sequence[NewTest], head: Sources, seen: Observation) -> None:
        self._head = head
        self._seen = seen
        self._texts: dict[str, SourceText] = {}
        self._known = {s.path: {(f.name, f.line): f for f in s.functions} for s in subjects}
        self._notice = {
            t.name: Notice.TEST if t.asserts else Notice.ASSERTION
            for t in tests
            if any(gives_a_value(function) for _, function in self._functions(t))
        }
        self.small = {(s.path, f.name): tuple(self._small(s, f)) for s in subjects for f in s.functions}
        parts = (self._of_tests(tests), self._of_fresh(subjects), self._of_lines(), self._of_imports(subjects))
        wishes = sorted((one for part in parts for one in part), key=lambda one: self._seconds(one[1]) > _SLOW)
        self.planned = tuple(self._planned(key, *wish) for key, wish in enumerate(wishes))

    def _planned(self, key: int, mutant: Mutant, names: tuple[str, ...], test: str, is_gutted: bool) -> Planned:
        limit = _LEAST_SECONDS + _TIMES * self._seconds(names)
        notice = self._notice.get(test, Notice.ANY)
        at_import = not mutant.function
        return Planned(
            mutant, Trial(key, mutant.path, mutant.edit, names, limit, test, notice, at_import), test, is_gutted
        )

    def tests_of(self, path: str, lines: Iterable[int]) -> tuple[str, ...]:
        """The tests that passed and executed one of the lines, the quickest first."""
        wanted = frozenset(lines)
        seen = self._seen
        names = [name for name in seen.passed if wanted & seen.lines.get(name, {}).get(path, frozenset())]
        return tuple(sorted(names, key=lambda name: (seen.passed[name], name)))

    def _seconds(self, names: Sequence[str]) -> float:
        return sum(self._seen.passed[name] for name in names)

    def _text(self, path: str) -> SourceText:
        if path not in self._texts:
            self._texts[path] = SourceText(self._head.text(path) or "")
        return self._texts[path]

    def _small(self, subject: Subject, function: Function) -> Iterator[Mutant]:
        return small_mutants(subject.path, self._text(subject.path), function, subject.lines)

    def _of_tests(self, tests: Sequence[NewTest]) -> Iterator[tuple[Mutant, tuple[str, ...], str, bool]]:
        """What a new test calls, gutted. Of a procedure it may prove that nothing is raised: small faults show that."""
        for test in tests:
            listed = list(self._functions(test))
            # What comes back matters more than whether the setting up of it is noticed.
            listed.sort(key=lambda entry: not gives_a_value(entry[1]))
            for call, function in listed:
                text = self._text(call.path)
                for mutant in gutted(call.path, text, function, call.returns):
                    yield mutant, test.ids, test.name, True
                if test.name not in self._notice:
                    lines = range(function.line, function.last + 1)
                    small = list(small_mutants(call.path, text, function, lines))[:_SMALL_OF_A_PROCEDURE]
                    yield from ((mutant, test.ids, test.name, False) for mutant in small)

    def _of_imports(self, subjects: Sequence[Subject]) -> Iterator[tuple[Mutant, tuple[str, ...], str, bool]]:
        """What runs at import, against the quickest of the tests that execute anything of the file."""
        for subject in subjects:
            module = self._head.module(subject.path)
            if module is None or not subject.at_import:
                continue
            every = [n for function in subject.functions for n in range(function.line, function.last + 1)]
            quickest = self.tests_of(subject.path, every)
            names = tuple(n for at, n in enumerate(quickest) if self._seconds(quickest[: at + 1]) <= _AT_IMPORT)
            for mutant in import_mutants(subject.path, self._text(subject.path), module, subject.at_import):
                if names:
                    yield mutant, names, "", False

    def _functions(self, test: NewTest) -> Iterator[tuple[Called, Function]]:
        for call in test.called:
            function = self._function(call)
            if function is not None:
                yield call, function

    def _of_fresh(self, subjects: Sequence[Subject]) -> Iterator[tuple[Mutant, tuple[str, ...], str, bool]]:
        """New functions gutted, against all tests that execute them."""
        returns: dict[tuple[str, str], set[str]] = {}
        for calls in self._seen.calls.values():
            for call in calls:
                returns.setdefault((call.path, call.function), set()).update(call.returns)
        for subject in subjects:
            for function in subject.functions:
                names = self.tests_of(subject.path, range(function.node.body[0].lineno, function.last + 1))
                if function.name in subject.fresh and names:
                    kinds = returns.get((subject.path, function.name), set())
                    for mutant in gutted(subject.path, self._text(subject.path), function, kinds):
                        yield mutant, names, "", True

    def _of_lines(self) -> Iterator[tuple[Mutant, tuple[str, ...], str, bool]]:
        """One mutant of each function, then a second of each, and so on: what is not reached is spread."""
        for row in zip_longest(*self.small.values()):
            for mutant in row:
                names = self.tests_of(mutant.path, [mutant.line]) if mutant is not None else ()
                if mutant is not None and names:
                    yield mutant, names, "", False

    def _function(self, call: Called) -> Function | None:
        if call.path not in self._known:
            module = self._head.module(call.path)
            listed = functions(module) if module is not None else ()
            self._known[call.path] = {(function.name, function.line): function for function in listed}
        function = self._known[call.path].get((call.function, call.line))
        return None if function is None or function.is_stub else function


def by_function(planned: Iterable[Planned]) -> Mapping[tuple[str, str], tuple[Planned, ...]]:
    """The mutants that judge the suite, by the path and the function that they are in."""
    found: dict[tuple[str, str], list[Planned]] = {}
    for one in planned:
        if not one.of_test:
            found.setdefault((one.mutant.path, one.mutant.function), []).append(one)
    return {key: tuple(several) for key, several in found.items()}
