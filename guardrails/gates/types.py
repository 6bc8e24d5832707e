"""Gate `types`: mypy over the head, with the base's configuration and, where it differs, with the head's own.

Only errors that the base does not have are found. mypy runs over the exported tree itself, never over what is
installed; its cache is a private copy of the base's and is published under the digest of what it was made from. A
plugin is code, so only the base's plugins run.
"""

import hashlib
import json
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path

from guardrails.analysis import mypy
from guardrails.analysis.mypy import Configuration, Targets
from guardrails.analysis.products import imported, product_files, product_packages
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.violations import Violation, fresh
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile
from guardrails.model.change import ChangeKind
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import Command
from guardrails.probes.types import PROBES

ERROR = Rule(
    "types/error",
    Severity.BLOCK,
    "A type error that the base does not have",
    "The checker that this repository chose says that the code can fail where it is used so.",
    "Correct the code, not the annotation; `mypy` shows the same error.",
    bad='rank("top")  where rank takes an int',
    good="rank(3)",
    limits="A new error of the same kind on an edited line that was wrong before is taken to be the old one.",
)
CONFIGURATION = Rule(
    "types/configuration-unreadable",
    Severity.BLOCK,
    "mypy cannot use the configuration that the change leaves behind",
    "Once merged, nothing would be type-checked.",
    "Correct the setting that mypy names.",
)
GONE = Rule(
    "types/target-gone",
    Severity.BLOCK,
    "What the base has type-checked is gone",
    "The code that took its place is not checked by anything.",
    "Restore it, or change what is to be checked in the same change: then a person decides.",
    limits="Where the change edits mypy's configuration or the policy too, a person decides.",
)

RULES = (ERROR, CONFIGURATION, GONE)
_KIND, _SEED_KIND = "mypy", "mypy-seed"
_OUTPUT_LIMIT = 64_000_000
# The names of the distributions say their versions; `pyvenv.cfg` and editable installs are in them too.
_ENVIRONMENT = """
import hashlib, importlib.metadata, os, sys
names = [sys.version]
for place in sys.path:
    if os.path.isdir(place) and os.path.basename(place).endswith("-packages"):
        names += sorted(n for n in os.listdir(place) if not n.startswith(("__pycache__", ".")))
try:
    names.append(importlib.metadata.version("mypy"))
except importlib.metadata.PackageNotFoundError:
    names.append("no mypy")
print(hashlib.sha256("\\n".join(names).encode()).hexdigest())
"""
_FINDABLE = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))"


@dataclass(frozen=True, slots=True)
class _Checked:
    """What mypy said of one tree under one configuration."""

    files: int
    errors: tuple[Violation, ...]


class TypesGate:
    """New type errors."""

    name = "types"
    title = "new type errors"
    cost = 2.0
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """No configuration of mypy in the base, none in the head, and no targets in the policy."""
        if bench.policy.types.targets:
            return None
        for tree in (bench.trees.base, bench.trees.head):
            try:
                if mypy.configuration(Sources(tree)) is not None:
                    return None
            except ValueError:
                return None
        return Skip(SkipReason.SUBJECT_ABSENT, "no mypy configuration at the base or the head")

    def run(self, bench: Bench) -> Outcome:
        """Check the base (once, then from the cache) and the head by the base's configuration, then by the head's."""
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        anchored, own, broken = _configurations(base, head)
        environment = _environment(bench)
        findings = [broken] if broken else []
        before = after = None
        if anchored is not None or bench.policy.types.targets:
            before = _base(bench, base, anchored, environment)
            after, gone = _head(bench, base, head, anchored, environment)
            findings += _gone(bench, gone, anchored, own)
            findings += _new(bench, before, after, base, head, "the base's")
        if own is not None and _differs(anchored, own):
            checked, problems = _own(bench, base, head, anchored, own, environment)
            findings += problems
            after = after or checked
        return _outcome(bench, before, after, findings)


def _configurations(base: Sources, head: Sources) -> tuple[Configuration | None, Configuration | None, Finding | None]:
    """The base's configuration, the head's, and a finding if the head's cannot be parsed.

    Raises:
        JudgementError: the base's cannot be parsed.
    """
    try:
        anchored = mypy.configuration(base)
    except ValueError as error:
        raise JudgementError(f"mypy's configuration at the base: {error}") from error
    try:
        return anchored, mypy.configuration(head), None
    except ValueError as error:
        return anchored, None, CONFIGURATION.finding(f"mypy's configuration: {error}", reproduce="mypy")


def _differs(anchored: Configuration | None, own: Configuration) -> bool:
    return anchored is None or anchored.digest_text != own.digest_text


def _environment(bench: Bench) -> str:
    """A digest of the packages that mypy reads and of mypy itself."""
    digests = []
    for python in dict.fromkeys((bench.gate_python, bench.project_python)):
        done = bench.processes.run(Command((python, "-I", "-c", _ENVIRONMENT), bench.trees.base.root, timeout=60))
        if done.exit_code != 0:
            raise JudgementError(f"{python} does not say what is installed in it: {done.stderr.strip()[-300:]}")
        digests.append(done.stdout.strip())
    return "-".join(digests)


def _targets(bench: Bench, sources: Sources, configuration: Configuration | None) -> Targets:
    """What to check in a tree."""
    project = bench.policy.project
    packages = product_packages(sorted(sources.paths), project.packages, project.judges)
    roots = (*bench.policy.environment.path, *(configuration.search_path if configuration else ()), "src", "lib")
    return mypy.targets(bench.policy.types.targets, configuration, packages, sources, tuple(dict.fromkeys(roots)))


def _key(bench: Bench, tree: str, configuration: Configuration | None, plugins: Sources, environment: str) -> str:
    """What one run of mypy depends on."""
    code = [plugins.text(path) or "" for path in configuration.listed("plugins")] if configuration else []
    parts = [
        tree,
        configuration.digest_text if configuration else "",
        *code,
        environment,
        json.dumps([bench.policy.types.targets, bench.policy.environment.path, bench.policy.project.packages]),
    ]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _base(bench: Bench, base: Sources, anchored: Configuration | None, environment: str) -> _Checked:
    """The base by its own configuration: from the cache, or checked now and put there."""
    key = _key(bench, bench.trees.base.digest, anchored, base, environment)
    known = bench.store.get(_KIND, key)
    if known is not None and (text := bench.store.read(known / "result.json")) is not None:
        data = json.loads(text)
        return _Checked(data["files"], tuple(Violation(**error) for error in data["errors"]))
    with bench.store.scratch() as scratch:
        _seed(bench, (), anchored, environment, scratch)
        checked = _run(bench, base, anchored, base, _targets(bench, base, anchored), scratch)
        _publish(bench, key, checked, scratch)
    return checked


def _seed(
    bench: Bench, keys: Sequence[str], configuration: Configuration | None, environment: str, scratch: Path
) -> None:
    """Copy mypy's cache of one of the keys, or else an older tree's under the same settings, for a run to start from.

    mypy compares each module's content with its cache, so an old start costs time and never an answer.
    """
    settings = configuration.text("") if configuration else ""
    common = hashlib.sha256(f"{settings}\0{environment}".encode()).hexdigest()
    entries = [(_KIND, key) for key in keys] + [(_SEED_KIND, common)]
    place = next((place for kind, key in entries if (place := bench.store.get(kind, key)) is not None), None)
    if place is not None:
        bench.store.copy(place / "cache", scratch / "entry" / "cache")
    else:
        bench.store.write(scratch / "common", common)


def _publish(bench: Bench, key: str, checked: _Checked, scratch: Path) -> None:
    """Put a result and mypy's cache into the store."""
    result = {"files": checked.files, "errors": [asdict(error) for error in checked.errors]}
    bench.store.write(scratch / "entry" / "result.json", json.dumps(result))
    bench.store.put(_KIND, key, scratch / "entry")


def _head(
    bench: Bench, base: Sources, head: Sources, anchored: Configuration | None, environment: str
) -> tuple[_Checked, tuple[str, ...]]:
    """The head by the base's configuration, with mypy's cache of the head or of the base as a start."""
    wanted = _targets(bench, head, anchored)
    gone = tuple(t for t in wanted.gone if t not in _targets(bench, base, anchored).gone)
    if not any(not argument.startswith("-") for argument in wanted.arguments):
        return _Checked(0, ()), gone
    keys = [_key(bench, tree.digest, anchored, base, environment) for tree in (bench.trees.head, bench.trees.base)]
    with bench.store.scratch() as scratch:
        _seed(bench, keys, anchored, environment, scratch)
        checked = _run(bench, head, anchored, base, wanted, scratch)
        if bench.change.head.commit is not None:
            _publish(bench, keys[0], checked, scratch)
    return checked, gone


def _run(
    bench: Bench,
    over: Sources,
    configuration: Configuration | None,
    plugins: Sources,
    wanted: Targets,
    scratch: Path,
) -> _Checked:
    """Run mypy over a tree. `plugins` is the tree whose plugin files may run.

    Raises:
        JudgementError: mypy crashed, stopped at an error that hides others, or did not say how much it checked.
    """
    tree, config = over.tree, scratch / "mypy.ini"
    text = configuration.text(str(tree.root)) if configuration else "[mypy]\n"
    bench.store.write(config, text)
    for plugin in configuration.listed("plugins") if configuration else ():
        if (code := plugins.text(plugin)) is not None:
            bench.store.write(scratch / plugin, code)
    search = [*bench.policy.environment.path, *(configuration.search_path if configuration else ())]
    places = [str(tree.root / part) for part in dict.fromkeys(search) if part != "."]
    # -I: nothing in the tree, which is the working directory, can stand in for mypy or for what it imports.
    argv = (
        *(bench.gate_python, "-I", "-m", "mypy", "--config-file", str(config)),
        *("--cache-dir", str(scratch / "entry" / "cache"), "--python-executable", bench.project_python),
        *("--no-pretty", "--no-color-output", "--show-error-codes", "--show-column-numbers", "--error-summary"),
        *(part for pattern in (configuration.excludes if configuration else ()) for part in ("--exclude", pattern)),
        *wanted.arguments,
    )
    timeout = bench.policy.types.timeout_seconds
    env = {"MYPYPATH": ":".join(places)} if places else {}
    done = bench.processes.run(Command(argv, tree.root, env, timeout=timeout, output_limit=_OUTPUT_LIMIT))
    files = mypy.checked(done.stdout)
    if done.exit_code in (0, 1) and files is not None and not done.truncated:
        if (common := bench.store.read(scratch / "common")) is not None:
            bench.store.copy(scratch / "entry" / "cache", scratch / "seed" / "cache")
            bench.store.put(_SEED_KIND, common, scratch / "seed")
        return _Checked(files, mypy.errors(done.stdout, str(tree.root), over.paths))
    ended = f"was stopped after {timeout:g} s" if done.timed_out else f"ended with {done.exit_code}"
    said = (done.stderr.strip() + "\n" + done.stdout.strip()).strip()[-600:] or "it said nothing"
    raise JudgementError(f"mypy {ended}: {said.replace(str(tree.root) + '/', '')}")


def _new(
    bench: Bench, before: _Checked | None, after: _Checked, base: Sources, head: Sources, whose: str
) -> list[Finding]:
    """Findings for what the head has and the base has not.

    Where the base already misses installed packages, a new error that may only say so again is a note.
    """
    renamed = {f.base_path: f.path for f in bench.change.files if f.kind is ChangeKind.RENAMED}
    old = before.errors if before else ()
    result = fresh(old, after.errors, base.lines, head.lines, renamed, mypy.shape)
    doubtful = {error.path for error in result.new if mypy.comes_from_lacking_packages(error)}
    lacking = bool(doubtful) and (mypy.environment_lacks_packages(old) or _misses_packages(bench, base, doubtful))
    return [
        ERROR.finding(
            f"{error.message}  [{error.code}]",
            path=error.path,
            line=error.line,
            why=f"{ERROR.why} (by {whose} configuration)",
            severity=Severity.NOTE if lacking and mypy.comes_from_lacking_packages(error) else None,
            reproduce="mypy",
        )
        for error in result.new
    ]


def _misses_packages(bench: Bench, base: Sources, doubtful: Set[str]) -> bool:
    """Whether the project's interpreter cannot find something that the base imports: it is not the project's own.

    Asked of the product and of the files that the errors stand in. Judges import what nobody means to install: a sample
    of a misspelt package, say.
    """
    project = bench.policy.project
    ours = {part for path in base.paths for part in path.removesuffix(".py").split("/")}
    product = product_files(sorted(base.paths), project.packages, project.judges)
    read = {*product, *doubtful}
    names = {name for path in read if (module := base.module(path)) for name in imported(module)} - ours
    argv = (bench.project_python, "-I", "-c", _FINDABLE, *sorted(names))
    done = bench.processes.run(Command(argv, bench.trees.base.root, timeout=60))
    return done.exit_code != 0


def _gone(
    bench: Bench, gone: Sequence[str], anchored: Configuration | None, own: Configuration | None
) -> list[Finding]:
    """Findings for targets of the base that the head does not have."""
    changed = own is None or _differs(anchored, own) or bench.policy != bench.head_policy
    severity = Severity.REVIEW if changed else None
    return [GONE.finding(f"{name}, which the base has type-checked, is gone", severity=severity) for name in gone]


def _own(
    bench: Bench,
    base: Sources,
    head: Sources,
    anchored: Configuration | None,
    own: Configuration,
    environment: str,
) -> tuple[_Checked | None, list[Finding]]:
    """The head by its own configuration, except that only the base's plugins run; old debt is found by the same."""
    own = own.with_plugins_of(anchored)
    key = _key(bench, bench.trees.head.digest, own, base, environment)
    try:
        with bench.store.scratch() as scratch:
            _seed(bench, (key,), own, environment, scratch)
            after = _run(bench, head, own, base, _targets(bench, head, own), scratch)
            if bench.change.head.commit is not None:
                _publish(bench, key, after, scratch)
    except JudgementError as error:
        return None, [CONFIGURATION.finding(f"by the head's own configuration {error}", reproduce="mypy")]
    if not after.errors:
        return after, []
    with bench.store.scratch() as scratch:
        _seed(bench, (key,), own, environment, scratch)
        before = _run(bench, base, own, base, _targets(bench, base, own), scratch)
    return after, _new(bench, before, after, base, head, "the change's own")


def _outcome(bench: Bench, before: _Checked | None, after: _Checked | None, findings: list[Finding]) -> Outcome:
    """What was checked against what the base had checked, less the Python files that the change deletes."""
    removed = sum(1 for f in bench.change.files if f.kind is ChangeKind.DELETED and is_python(f.path))
    floor = max(1, before.files - removed) if before else 1
    once = {(f.rule, f.path, f.line, f.what): f for f in reversed(findings)}
    if after is not None and after.files == 0 and findings:
        return Outcome({"targets": len(findings)}, {"targets": 1}, tuple(once.values()))
    return Outcome({"files": after.files if after else 0}, {"files": floor}, tuple(once.values()))
