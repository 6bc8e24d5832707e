"""pytest suites, each in processes of their own on a private copy of the tree, recorded outside those processes."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.analysis import records
from guardrails.analysis.planted import PlantedTests, planted_tests
from guardrails.analysis.suite_runs import Ended, merged
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.ports import Command, Completed, Confinement, Processes, Store, SuiteRun, Tree

_RECORDER = Path(__file__).with_name("recorder")
_PACKAGE = "guardrails/adapters/recorder"
_MAIN = """if __name__ == "__main__":
    import sys

    from guardrails.adapters.recorder.process import main

    main(sys.argv[0])
"""
_CHANNEL_LIMIT = 64_000_000
_OUTPUT_LIMIT = 200_000
_OPTIONS = ("-q", "--no-header", "--no-summary", "--tb=short", "--maxfail=0", "--continue-on-collection-errors")
# Where pytest looks for its configuration at the root, and the table that a shared file must have.
_CONFIGURATIONS = (
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    (".pytest.toml", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
)
_ENVIRONMENT = """
import importlib.metadata as m, sys
print(sys.version, sys.executable)
for line in sorted({f"{d.name} {d.version}" for d in m.distributions()}):
    print(line)
"""


@dataclass(frozen=True, slots=True)
class _Session:
    """What every process of one run has in common. `run` is false to collect only; `more` is put into the plan.

    With `alike` each process works on all files, and what they share out is something else.
    """

    tree: Tree
    paths: tuple[str, ...]
    timeout: float
    planted: PlantedTests
    run: bool = True
    workers: int = 1
    seed: int | None = None
    only: frozenset[str] | None = None
    env: Mapping[str, str] | None = None
    more: Mapping[str, object] = field(default_factory=dict)
    alike: bool = False
    writes: tuple[Path, ...] = ()


class PytestSuites:
    """`Suites` over pytest in the project's interpreter.

    `path` are the directories of a tree that go on PYTHONPATH, `plugins` the names of the pytest plugins of the
    environment to load (`*` for all), `markers` an expression that selects tests, `collect_seconds` how long importing
    them may take. `repository` is the user's checkout:
    what is installed from it in editable form is looked up in the tree instead.
    """

    def __init__(
        self,
        processes: Processes,
        store: Store,
        python: str,
        *,
        repository: Path,
        path: Sequence[str] = (".",),
        plugins: Sequence[str] = ("*",),
        markers: str = "",
        collect_seconds: float = 120,
    ) -> None:
        self._processes = processes
        self._store = store
        self._python = python
        self._repository = repository
        self._path = tuple(path)
        self._plugins = tuple(plugins)
        self._markers = markers
        self._collect_seconds = collect_seconds
        self._environment = ""

    def collect(self, tree: Tree, paths: Sequence[str], timeout: float) -> SuiteRun:
        """Collect without running."""
        return self._held(_Session(tree, tuple(paths), timeout, _planted(), run=False))

    def run(
        self,
        tree: Tree,
        paths: Sequence[str],
        timeout: float,
        *,
        workers: int = 1,
        hypothesis_seed: int | None = None,
        only: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        writes: Sequence[Path] = (),
    ) -> SuiteRun:
        """Run; see `guardrails.ports.Suites`.

        Raises:
            ToolMissingError: the interpreter has no pytest, or is not there.
        """
        wanted = None if only is None else frozenset(only)
        files = paths if wanted is None else sorted({name.partition("::")[0] for name in wanted})
        added = {} if hypothesis_seed is None else {"GUARDRAILS_HYPOTHESIS_PROFILE": "gate"}
        return self._held(
            _Session(
                tree,
                tuple(files),
                timeout,
                _planted(),
                workers=workers,
                seed=hypothesis_seed,
                only=wanted,
                env={**added, **(env or {})},
                writes=tuple(writes),
            )
        )

    def environment(self) -> str:
        """A digest of the interpreter and of what is installed for it.

        Raises:
            JudgementError: the interpreter does not run.
        """
        if not self._environment:
            done = self._processes.run(Command((self._python, "-s", "-c", _ENVIRONMENT), Path("/"), timeout=60))
            if done.exit_code != 0:
                raise JudgementError(f"{self._python} does not run: {done.stderr[-500:]}. Name another interpreter.")
            self._environment = hashlib.sha256(
                repr((done.stdout, self._path, self._plugins, self._markers)).encode()
            ).hexdigest()
        return self._environment

    def recorded(
        self, tree: Tree, paths: Sequence[str], timeout: float, *, workers: int, more: Mapping[str, object], alike: bool
    ) -> tuple[SuiteRun, list[Ended]]:
        """A run whose processes are told more than what to run, and all that each of them recorded.

        See `_Session` for `more` and `alike`.
        """
        session = _Session(tree, tuple(paths), timeout, _planted(), workers=workers, more=more, alike=alike)
        ended = self._ended(session)
        return merged(ended, session.planted, None, timeout), ended

    def _held(self, session: _Session) -> SuiteRun:
        """Run a session, and hold what its processes recorded against what they owe."""
        planted = session.planted if session.run else None
        return merged(self._ended(session), planted, session.only, session.timeout)

    def _ended(self, session: _Session) -> list[Ended]:
        """The processes of a session, when they have ended; none where there is nothing to run."""
        tree, present = session.tree, tuple(path for path in session.paths if _stands_in(session.tree, path))
        if not present:
            return []
        most = session.workers if session.alike else _most_files(tree, present)
        workers = max(1, min(session.workers, most))
        with self._store.scratch() as scratch:
            self._store.write(scratch / "claims" / ".made", "")
            claims = str(scratch / "claims") if workers > 1 else ""
            places = [scratch / str(number) for number in range(workers)]
            with ThreadPoolExecutor(max_workers=workers) as pool:
                return list(pool.map(lambda place: self._process(session, present, place, claims), places))

    def _process(self, session: _Session, paths: Sequence[str], place: Path, claims: str) -> Ended:
        """One process: a copy of the tree, the recorder beside it, a key that only that process and we know."""
        root, private, key = place / "tree", place / "recorder", secrets.token_bytes(32)
        self._store.copy(session.tree.root, root)
        self._store.copy(_RECORDER, private / _PACKAGE)
        for package in ("guardrails", "guardrails/adapters"):
            self._store.write(private / package / "__init__.py", "")
        self._store.write(private / "__main__.py", _MAIN)
        self._store.write(private / "pytest.ini", "[pytest]\n")
        own = () if _is_configured(session.tree) else ("-c", str(private / "pytest.ini"))
        selected = ("-m", self._markers) if self._markers else ()
        arguments = (*_OPTIONS, *selected, f"--rootdir={root}", "-o", f"cache_dir={private / 'cache'}", *own)
        plan = {
            "key": key.hex(),
            "root": str(root),
            "repository": str(self._repository),
            "path": [str(root / part) for part in self._path],
            "plugins": self._plugins,
            "arguments": [*arguments, *(f"./{path}" for path in paths)],
            "collect_seconds": min(self._collect_seconds, session.timeout),
            "run": session.run,
            "claims": claims,
            "only": None if session.only is None else sorted(session.only),
            "seed": session.seed,
            "planted": session.planted.source,
            "planted_tests": session.planted.tests,
            **session.more,
        }
        self._store.write(private / "plan.json", json.dumps(plan))
        done = self._processes.run(
            Command(
                (self._python, "-s", "-B", str(private)),
                root,
                session.env or {},
                session.timeout,
                output_limit=_OUTPUT_LIMIT,
                channel_limit=_CHANNEL_LIMIT,
                confined=Confinement((place, *([Path(claims)] if claims else []), *session.writes)),
            )
        )
        if not done.channel and "No module named 'pytest'" in done.stderr:
            raise ToolMissingError(f"pytest is not installed for {self._python}. Install it: pip install pytest")
        transcript = records.read(done.channel, key)
        return Ended(transcript, done.exit_code, _output(done, place), done.seconds, done.stopped)


def _planted() -> PlantedTests:
    return planted_tests(secrets.token_hex(8))


def _stands_in(tree: Tree, path: str) -> bool:
    """Whether a file or a directory with files in it is part of the tree."""
    name = path.rstrip("/")
    return name in ("", ".") or any(one == name or one.startswith(f"{name}/") for one in tree.paths())


def _most_files(tree: Tree, paths: Sequence[str]) -> int:
    """How many Python files the paths have: more processes than that would have nothing to do."""
    prefixes = tuple("" if path in (".", "./") else f"{path.rstrip('/')}/" for path in paths)
    return sum(one.endswith(".py") and (one in paths or one.startswith(prefixes)) for one in tree.paths())


def _is_configured(tree: Tree) -> bool:
    """Whether pytest finds its configuration in the tree; else it would look in the directories above."""
    return any(table.encode() in (tree.read(name) or b"\0") for name, table in _CONFIGURATIONS)


def _output(done: Completed, place: Path) -> str:
    """What the process wrote, standard error last, without the places of this run."""
    return f"{done.stdout}\n{done.stderr}".replace(f"{place / 'tree'}/", "").strip()
