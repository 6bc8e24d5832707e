"""Today's debts of a commit, counted with the same tools by which changes to it are judged."""

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import guardrails
from guardrails.adapters.git import Repository
from guardrails.adapters.objects import private_objects
from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.sandbox.choice import sandbox_of
from guardrails.adapters.scratch import scratch_directory
from guardrails.adapters.store import DirectoryStore, cache_directory
from guardrails.adapters.suites import PytestSuites
from guardrails.adapters.trees import Exporter, GitTree
from guardrails.analysis import mypy, ruff
from guardrails.analysis.contract_edges import configuration
from guardrails.analysis.debts import Debts, TestDebts
from guardrails.analysis.layering import answers
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.suppressions import HARMLESS, suppressions
from guardrails.cli.adoption.looking import Found
from guardrails.cli.site import usable_store
from guardrails.config import Policy
from guardrails.errors import GuardrailsError, JudgementError
from guardrails.model.paths import matches
from guardrails.ports import Command

_CHILD = Path(guardrails.__file__).parent / "adapters" / "layers_child.py"
_MYPY_CODE = re.compile(r": error: .*\[([a-z][\w-]*)\]$")
_SECONDS = 600.0
_OUTPUT = 256_000_000


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted, and a sentence for each part that could not be."""

    debts: Debts
    notes: tuple[str, ...]
    tests: int
    """How many tests ran."""


@dataclass(frozen=True, slots=True)
class _Ground:
    tree: GitTree
    sources: Sources
    processes: ProcessRunner
    store: DirectoryStore
    scratch: Path
    policy: Policy
    python: str
    repository: Repository


def count(
    repository: Repository, commit: str, policy: Policy, found: Found, environment: Mapping[str, str], *, tests: bool
) -> Count:
    """The debts of a commit under the policy that will judge it. Tests run in the sandbox, if they are wanted."""
    with ExitStack() as stack:
        cache = cache_directory(environment, repository.common_directory.parent)
        store, _ = usable_store(stack, cache)
        objects = private_objects(repository, stack.enter_context(store.scratch()))
        tree = Exporter(objects, store).export(objects.tree_and_subject(commit)[0])
        scratch = stack.enter_context(scratch_directory(Path(tempfile.gettempdir())))
        limits = policy.isolation
        sandbox = sandbox_of(
            memory_mb=limits.memory_mb,
            processes=limits.processes,
            file_mb=limits.file_mb,
            required=limits.mode == "required",
            reads=limits.read,
            repository=repository.root,
            places=(store.root, Path(tempfile.gettempdir())),
            caller=environment,
        )
        processes = ProcessRunner(scratch, environment, Event(), sandbox)
        python = _python(repository, policy)
        private = stack.enter_context(store.scratch())
        ground = _Ground(tree, Sources(tree), processes, store, private, policy, python, repository)
        return _counted(ground, found, tests=tests)


def _python(repository: Repository, policy: Policy) -> str:
    named = policy.environment.python or ".venv/bin/python"
    place = repository.root / Path(named).expanduser()
    return str(place) if place.exists() else sys.executable


def _counted(ground: _Ground, found: Found, *, tests: bool) -> Count:
    notes: list[str] = []
    tables: dict[str, dict[str, int]] = {}
    for name, work in (("lint", _lint), ("types", _types), ("layers", _layers)):
        try:
            tables[name] = work(ground, found)
        except GuardrailsError as error:
            tables[name] = {}
            notes.append(f"{name} could not be counted: {error}")
    ran, owed = 0, TestDebts()
    if tests and found.tests:
        try:
            ran, owed, more = _tests(ground, found)
            notes += more
            if ran == 0:
                notes.append(
                    f"no test of {', '.join(found.tests)} ran under {ground.python}, and a check that runs none is an "
                    "error. Install what they import there, or name under [tests] paths those that run"
                )
        except GuardrailsError as error:
            notes.append(f"the tests could not be run: {error}")
    debts = Debts(
        lint=tables["lint"],
        types=tables["types"],
        suppressions=_suppressions(ground),
        layers=tables["layers"],
        tests=owed,
    )
    return Count(debts, tuple(notes), ran)


def _lint(ground: _Ground, _found: Found) -> dict[str, int]:
    """By rule, with the repository's own settings; without any, what is wrong in every program."""
    if not any(is_python(path) for path in ground.sources.paths):
        return {}
    config = () if ruff.configurations(ground.sources) else ruff.MINIMAL
    argv = (
        sys.executable,
        "-I",
        "-m",
        "ruff",
        "check",
        *config,
        "--no-cache",
        "--output-format",
        "json",
        "--exit-zero",
        ".",
    )
    text = _said(ground, "ruff", argv, good=(0,))
    return dict(Counter(str(one["code"] or "invalid-syntax") for one in json.loads(text)))  # fmt: skip


def _types(ground: _Ground, found: Found) -> dict[str, int]:
    """By mypy's code, where mypy is configured."""
    try:
        settings = mypy.configuration(ground.sources)
    except ValueError as error:
        raise JudgementError(f"mypy's configuration: {error}") from error
    if settings is None:
        return {}
    config = ground.scratch / "mypy.ini"
    ground.store.write(config, settings.text(str(ground.tree.root)))
    roots = tuple(dict.fromkeys((*ground.policy.environment.path, *settings.search_path, "src", "lib")))
    wanted = mypy.targets(ground.policy.types.targets, settings, found.packages, ground.sources, roots)
    argv = (
        sys.executable,
        "-I",
        "-m",
        "mypy",
        "--config-file",
        str(config),
        "--cache-dir",
        str(ground.scratch / "cache"),
    )
    more = ("--python-executable", ground.python, "--no-pretty", "--show-error-codes", "--no-error-summary")
    search = dict.fromkeys((*ground.policy.environment.path, *settings.search_path))
    env = {"MYPYPATH": ":".join(str(ground.tree.root / part) for part in search if part != ".")}
    text = _said(ground, "mypy", (*argv, *more, *wanted.arguments), good=(0, 1), env=env)
    return dict(Counter(made[1] for line in text.splitlines() if (made := _MYPY_CODE.search(line))))  # fmt: skip


def _layers(ground: _Ground, _found: Found) -> dict[str, int]:
    """Imports that break a contract, by its name."""
    place = configuration(ground.sources, ground.policy.layers.config)
    if place is None:
        return {}
    roots = dict.fromkeys((*ground.policy.environment.path, "src", "lib"))
    job = {
        "config": str(ground.tree.root / place),
        "roots": [str(ground.tree.root / root) for root in roots],
        "lenient": True,
    }
    argv = (sys.executable, "-I", str(_CHILD), json.dumps({"jobs": [job]}))
    (answer,) = answers(_said(ground, "import-linter", argv, good=(0,)))
    if answer.failure or answer.syntax:
        raise JudgementError(answer.failure or f"{answer.syntax} does not parse")
    links = {c.name: {link.edge for breach in c.breaches for link in breach.links} for c in answer.contracts}
    return {name: len(edges) for name, edges in links.items() if edges}


def _suppressions(ground: _Ground) -> dict[str, int]:
    """By kind, in what is not a test."""
    kinds: Counter[str] = Counter()
    for path in sorted(ground.sources.paths):
        if is_python(path) and not matches(path, ground.policy.project.judges):
            text = ground.sources.text(path) or ""
            found = suppressions(text, ground.sources.module(path), ground.sources.names(path))
            kinds.update(one.kind for one in found if one.kind not in HARMLESS)
    return dict(kinds)


def _tests(ground: _Ground, found: Found) -> tuple[int, TestDebts, list[str]]:
    """Failing and skipped tests of the commit itself."""
    policy = ground.policy.tests
    suites = PytestSuites(
        ground.processes,
        ground.store,
        ground.python,
        repository=ground.repository.root,
        path=ground.policy.environment.path,
        plugins=policy.plugins,
        markers=policy.markers,
        collect_seconds=policy.collect_timeout_seconds,
    )
    paths = (*(policy.paths or found.tests), *(path for part in policy.apart for path in part.paths))
    run = suites.run(ground.tree, paths, policy.timeout_seconds, workers=policy.workers or (os.cpu_count() or 1))
    notes = [f"the tests did not run to their end: {run.complaint}"] if run.complaint else []
    bad = [name for name, one in run.records.items() if one.outcome in ("failed", "error")]
    broken = [name for name, _ in run.errors]
    skipped = [name for name, one in run.records.items() if one.outcome in ("skipped", "xfailed")]
    debts = TestDebts(failing=tuple(sorted({*bad, *broken})), skipped=tuple(sorted(skipped)))
    return len(run.records), debts, notes


def _said(
    ground: _Ground,
    tool: str,
    argv: tuple[str, ...],
    *,
    good: tuple[int, ...],
    env: Mapping[str, str] | None = None,
) -> str:
    command = Command(argv, ground.tree.root, env=env or {}, timeout=_SECONDS, output_limit=_OUTPUT)
    done = ground.processes.run(command)
    if done.exit_code not in good or done.truncated:
        said = done.stderr.strip()[-300:] or done.stdout.strip()[-300:] or "it said nothing"
        raise JudgementError(f"{tool} ended with {done.exit_code}: {said}")
    return done.stdout
