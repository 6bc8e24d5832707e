"""Command lines and steps of build files: what leaves tests out, and what makes a failure count for nothing."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from guardrails.analysis.settings.directions import Direction, SettingChange, entries

_LEAVES_OUT = frozenset(
    {"-k", "-m", "--deselect", "--ignore", "--ignore-glob", "--lf", "--last-failed", "--sw", "--stepwise"}
)
_WEAKENS = frozenset(
    {
        "--exitfirst", "-x", "--maxfail", "--no-cov", "--co", "--collect-only", "--continue-on-collection-errors",
        "--disable-warnings", "--disable-pytest-warnings", "--reruns", "--suppress-no-test-exit-code", "-p",
    }
)  # fmt: skip
_STRICT = frozenset(
    {"--strict-markers", "--strict-config", "--strict", "--cov-branch", "-W", "--cov-fail-under", "--runslow"}
)
_TAKES_VALUE = frozenset(
    {
        "-k", "-m", "-p", "-W", "-o", "-n", "--deselect", "--ignore", "--ignore-glob", "--maxfail", "--reruns", "--cov",
        "--cov-fail-under", "--import-mode", "--cov-report", "--durations", "--tb", "--dist", "--timeout",
    }
)  # fmt: skip


def pytest_arguments(value: object) -> list[str]:
    """`addopts` as arguments, an option and its value in one: `-k=slow`."""
    try:
        words = shlex.split(value) if isinstance(value, str) else [str(v) for v in entries(value)]
    except ValueError:
        words = str(value).split()
    found = []
    while words:
        word = words.pop(0)
        if "=" not in word and word in _TAKES_VALUE and words:
            word = f"{word}={words.pop(0)}"
        elif re.match(r"-[kmpW]\S", word) and not word.startswith("--"):
            word = f"{word[:2]}={word[2:]}"
        found.append(word)
    return found


def argument_changes(path: str, before: object, after: object) -> Iterator[SettingChange]:
    """What changed in pytest's default arguments."""
    old, new = Counter(pytest_arguments(before)), Counter(pytest_arguments(after))
    for word in (new - old).elements():
        option, _, value = word.partition("=")
        if option == "-p" and not value.startswith("no:"):
            yield SettingChange(path, "addopts", Direction.UNKNOWN, f"addopts now loads the plugin {value}")
        elif (
            option in _LEAVES_OUT or option in _WEAKENS or (option == "-W" and value.startswith(("ignore", "default")))
        ):
            yield SettingChange(path, "addopts", Direction.LOOSER, f"addopts now says {word}")
        elif option == "--cov-fail-under":
            yield _coverage(path, old, value)
        elif option in {"-o", "--override-ini", "-c", "--rootdir", "--confcutdir", "--noconftest"}:
            yield SettingChange(path, "addopts", Direction.UNKNOWN, f"addopts now says {word}")
    for word in (old - new).elements():
        option, _, value = word.partition("=")
        still = any(other.partition("=")[0] == option for other in new)
        if option in _STRICT and not (option == "--cov-fail-under" and still) and not value.startswith("ignore"):
            yield SettingChange(path, "addopts", Direction.LOOSER, f"addopts no longer says {word}")
        elif option == "-m":
            yield SettingChange(path, "addopts", Direction.UNKNOWN, f"addopts no longer says {word}")


def _coverage(path: str, old: Counter[str], value: str) -> SettingChange:
    """A floor under the coverage: lower is looser."""
    before = next((w.partition("=")[2] for w in old if w.startswith("--cov-fail-under")), "0")
    try:
        looser = float(value) < float(before)
    except ValueError:
        looser = True
    direction = Direction.LOOSER if looser else Direction.STRICTER
    return SettingChange(path, "addopts", direction, f"--cov-fail-under goes from {before} to {value}")


def warning_changes(path: str, before: object, after: object) -> Iterator[SettingChange]:
    """`filterwarnings`: an `error` that is gone, or an `ignore` that is new, lets more through."""
    old, new = (Counter(_lines(value)) for value in (before, after))
    for line in (old - new).elements():
        if line.startswith("error"):
            yield SettingChange(path, "filterwarnings", Direction.LOOSER, f"filterwarnings no longer says {line!r}")
    for line in (new - old).elements():
        if line.startswith(("ignore", "default", "once", "always")):
            yield SettingChange(path, "filterwarnings", Direction.LOOSER, f"filterwarnings now says {line!r}")


def _lines(value: object) -> list[str]:
    listed = value if isinstance(value, list | tuple) else str(value or "").split("\n")
    return [str(line).strip() for line in listed if str(line).strip()]


_FORGIVING = (
    (re.compile(r"\|\|\s*(true|:|exit\s+0|echo\b)"), "a failure is turned into a success"),
    (re.compile(r"^\s*(-\s*)?continue-on-error:\s*(true|\$)"), "a failure lets the job go on"),
    (re.compile(r"^\s*allow_failure:\s*true"), "a failure is allowed"),
    (re.compile(r"\bset\s+\+e\b"), "failures no longer stop the script"),
    (re.compile(r"(^|[;&|]\s*|\s)exit\s+0\b"), "the script ends with success"),
    (re.compile(r"--no-verify\b"), "hooks are passed over"),
    (re.compile(r"--exit-zero\b"), "the checker always succeeds"),
    (re.compile(r"^\s*(-\s*)?if:\s*(false|\$\{\{\s*false\s*\}\})"), "the step never runs"),
    (re.compile(r";\s*true\s*$"), "a failure is turned into a success"),
    (re.compile(r"\[skip ci\]|\[ci skip\]"), "the checks are left out"),
    (re.compile(r"pytest\b.*\s(-k|--deselect|--ignore|--lf)\b"), "tests are left out"),
    (re.compile(r"PYTEST_ADDOPTS|GUARDRAILS_[A-Z]+\s*="), "the environment changes what is run"),
)
_CHECKERS = re.compile(
    r"\b(pytest|ruff|mypy|lint-imports|guardrails|flake8|pylint|bandit|pyright|coverage|tox|nox|hypothesis|locust)\b"
    r"|\bmake\s+(test|lint|gate|check)\b"
)


def script_changes(path: str, before: Sequence[str], after: Sequence[str]) -> Iterator[SettingChange]:
    """What changed in a build file, a workflow or a hook, by its lines; comments, blank lines and order are none."""
    gone, come = (Counter(_bare(line) for line in lines if _bare(line)) for lines in (before, after))
    news = list((come - gone).elements())
    for line in news:
        reason = next((why for pattern, why in _FORGIVING if pattern.search(line)), None)
        if reason is None and path.rpartition("/")[2].lower() in {"makefile", "gnumakefile"} and _IGNORED.match(line):
            reason = "make ignores its failure"
        if reason:
            yield SettingChange(path, line, Direction.LOOSER, f"{reason}: `{line[:100]}`")
    run = " ".join(news)
    for line in (gone - come).elements():
        for checker in {m[0] for m in _CHECKERS.finditer(line)}:
            if checker not in run:
                yield SettingChange(path, line, Direction.LOOSER, f"{checker} is no longer run here: `{line[:100]}`")
    if gone != come:
        yield SettingChange(path, "", Direction.UNKNOWN, "what it runs is changed")


def shell_changes(path: str, before: Sequence[str], after: Sequence[str]) -> Iterator[SettingChange]:
    """What any other script does about the checks: a line that runs one, or sets how they run, and forgives."""
    for change in script_changes(path, before, after):
        tells = _CHECKERS.search(change.key) or _ENVIRONMENT.search(change.key)
        if change.direction is Direction.LOOSER and tells:
            yield change


_ENVIRONMENT = re.compile(r"PYTEST_ADDOPTS|GUARDRAILS_|HYPOTHESIS_|--no-verify")
_IGNORED = re.compile(r"^-@?\w|^@-\w")


def _bare(line: str) -> str:
    """A line without the space around it and without a comment that fills it."""
    text = line.strip()
    return "" if text.startswith("#") else text
