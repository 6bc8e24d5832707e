"""Values of mutation testing: an edit of one line of the product, which tests to hold against it, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file and what stands there instead. Lines count from 1, columns are UTF-8 bytes, as in `ast`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What to watch while tests run.

    `lines` are the lines whose execution matters, by path; `product` all files of the product. For the test functions
    `tests` (ids without parameters) the product functions that they call are recorded as well. `paths` are the test
    files, the most telling first; `seconds` is how long to watch.
    """

    paths: tuple[str, ...]
    lines: Mapping[str, tuple[int, ...]]
    product: tuple[str, ...]
    tests: tuple[str, ...]
    seconds: float
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Called:
    """A product function that a test called. `direct` says that the test, a helper or a fixture called it.

    `line` is that of its code object: of the first decorator, where it has one. `returns` names the types that it
    returned, as `module:qualname`, `generator` for one that yields or awaits.
    """

    path: str
    function: str
    line: int
    direct: bool
    returns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen. `passed` holds each test that passed with its seconds; `lines` what it executed, by path.

    `cut` says that the time was up before all tests had run; `complaint` what went wrong with the run as a whole,
    `toothless` which planted tests show that its answers are worth nothing.
    """

    passed: Mapping[str, float]
    lines: Mapping[str, Mapping[str, frozenset[int]]]
    calls: Mapping[str, tuple[Called, ...]] = field(default_factory=dict)
    cut: bool = False
    complaint: str = ""
    toothless: tuple[str, ...] = ()


class Notice(StrEnum):
    """Which failures of a test count as its having noticed a mutant."""

    ANY = "any"
    TEST = "test"
    """What the test ran into itself, or what an assertion or a `raise` found; not a break-down inside the product."""
    ASSERTION = "assertion"
    """What an assertion or a `raise` found."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """A test failed that passes without it, or the tests did not end."""
    SURVIVED = "survived"
    CRASHED = "crashed"
    """The process was gone without an answer: not judged."""
    UNFIT = "unfit"
    """It could not be put in the place of the code, or no test was left that passes without it: not judged."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant to try, with all tests that execute it; `seconds` is what they may take before they count as hung.

    Of the trials of one `group` no more are tried once a mutant is killed; an empty group is none. `notice` says which
    failures count. What takes effect `at_import` is imported anew.
    """

    key: int
    path: str
    edit: Edit
    tests: tuple[str, ...]
    seconds: float
    group: str = ""
    notice: Notice = Notice.ANY
    at_import: bool = False


@dataclass(frozen=True, slots=True)
class Trials:
    """Mutants to try, the most telling first, within `seconds` in all, collecting left aside.

    `product` are the paths of the product's files.
    """

    trials: tuple[Trial, ...]
    product: tuple[str, ...]
    seconds: float
    workers: int = 1


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What became of one mutant; `by` is the test that failed, `message` says how, or why there is no answer."""

    key: int
    fate: Fate
    by: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """The mutants that were tried. One without a result was not reached."""

    results: Mapping[int, TrialResult]
    complaint: str = ""
