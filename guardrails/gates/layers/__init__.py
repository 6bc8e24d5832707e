"""Gate `layers`: import-linter over the head, with the base's contracts and, where they differ, with the head's own.

Packages are found in the tree by path and never imported, so no code of the change runs. The direct import that is new
is found first and named with its line; the indirect chains that it causes are not. Contracts see only import
statements, so dynamic imports of layered packages are found by their syntax.
"""

import ast
import configparser
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import guardrails
from guardrails.analysis.contract_edges import configuration
from guardrails.analysis.dynamic import DynamicCode, dynamic_code, reached
from guardrails.analysis.layering import (
    Before,
    Contract,
    Layering,
    answers,
    before,
    file_of,
    module_of,
    new_links,
)
from guardrails.analysis.names import Names
from guardrails.analysis.source import Sources, is_python
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile
from guardrails.gates.layers.pure import IMPURE, impure
from guardrails.model.change import ChangeKind
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import Command
from guardrails.probes.layers import PROBES

BROKEN = Rule(
    "layers/broken",
    Severity.BLOCK,
    "An import breaks a contract between layers",
    "The owners of this repository decided which part may know which; one import upward joins what they kept apart.",
    "Move the code to the layer it belongs to, or reach it through what the lower layer already offers.",
    bad="shop/domain/item.py imports shop.web.app",
    good="shop/web/app.py imports shop.domain.item",
    limits="Import statements only; see layers/dynamic-import.",
)
UNDECLARED = Rule(
    "layers/undeclared-module",
    Severity.BLOCK,
    "A module has no layer",
    "The contract is exhaustive: a module that nobody placed may import anything, and be imported by anyone.",
    "Put the code into a module that has a layer, or give the new module one: then a person decides.",
    limits="Where the change gives the module a layer and keeps the contract, a person decides.",
)
DYNAMIC = Rule(
    "layers/dynamic-import",
    Severity.BLOCK,
    "A layered package is imported where no import statement shows it",
    "The contracts see import statements only; an import by name goes around all of them.",
    "Import the module by an import statement; if the layers forbid it, move the code.",
    bad='importlib.import_module("shop.web.app")',
    good="from shop.web import app",
    limits="A name that is computed sends the change to a person.",
)
REMOVED = Rule(
    "layers/configuration-removed",
    Severity.BLOCK,
    "The contracts between layers are deleted",
    "Once merged, nothing would hold the layers apart.",
    "Restore the file. The base's contracts were applied to this change all the same.",
)
UNREADABLE = Rule(
    "layers/configuration-unreadable",
    Severity.BLOCK,
    "import-linter cannot check the contracts that the change leaves behind",
    "Once merged, nothing would hold the layers apart.",
    "Correct the contract as the message says; run `lint-imports`.",
)
UNCHECKED = Rule(
    "layers/contract-unchecked",
    Severity.BLOCK,
    "A contract of the base names what the head does not have",
    "What a contract names and does not find it cannot hold apart.",
    "Restore the module, or change the contract with it: then a person decides.",
    limits="Where the change edits the contracts too, a person decides.",
)

RULES = (BROKEN, UNDECLARED, DYNAMIC, REMOVED, UNREADABLE, UNCHECKED, IMPURE)
_CHILD = Path(guardrails.__file__).parent / "adapters" / "layers_child.py"
_OUTPUT_LIMIT = 256_000_000


class LayersGate:
    """Contracts between layers, and imports that go around them."""

    name = "layers"
    title = "imports that break the layers, and dynamic imports around them"
    cost = 0.7
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """No contracts in the base and none in the head."""
        trees = (bench.trees.base, bench.trees.head)
        if any(_configuration(Sources(tree), bench) for tree in trees):
            return None
        return Skip(SkipReason.SUBJECT_ABSENT, "neither the base nor the head has contracts for import-linter")

    def run(self, bench: Bench) -> Outcome:
        """The base's contracts over base and head, then the head's own, then what contracts cannot see."""
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        anchored, own = _configuration(base, bench), _configuration(head, bench)
        changed = _text(base, anchored) != _text(head, own)
        results = _lint(bench, base, head, anchored, own if changed else None)
        findings: list[Finding] = []
        if results.anchored is not None and results.base is not None:
            findings += _anchored(bench, results, head, changed=changed)
            if own is None:
                findings.append(REMOVED.finding(f"{anchored} and its contracts are gone", path=anchored))
        if results.own is not None and own is not None:
            findings += _own(bench, results, head, own)
        findings += _dynamic(bench, _packages(results), base, head)
        judges = bench.policy.project.judges
        findings += impure(bench.change.files, base, head, (results.base, results.own), _roots(bench), judges)
        judged = results.anchored or results.own
        assert judged is not None
        work = {"contracts": judged.owed, "modules": judged.modules, "imports": len(judged.edges)}
        floor = {"contracts": results.base.owed if results.base else 1, "modules": 0, "imports": 0}
        return Outcome(work, floor, tuple(dict.fromkeys(findings)))


@dataclass(frozen=True, slots=True)
class _Results:
    """The base's contracts over the base and over the head, the head's over the base and over itself."""

    base: Layering | None
    anchored: Layering | None
    own_on_base: Layering | None
    own: Layering | None


def _configuration(sources: Sources, bench: Bench) -> str | None:
    """The file that holds the contracts: the policy's, or the first of import-linter's own places."""
    return configuration(sources, bench.policy.layers.config)


def _text(sources: Sources, path: str | None) -> object:
    """What import-linter acts on: the parsed sections, so that a comment is no change; the text if unparsable."""
    text = sources.text(path) if path else None
    if path is None or text is None:
        return None
    try:
        if path.endswith(".toml"):
            return tomllib.loads(text).get("tool", {}).get("importlinter")
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        return {name: dict(parser[name]) for name in parser.sections() if name.startswith("importlinter")}
    except (tomllib.TOMLDecodeError, configparser.Error):
        return text


def _lint(bench: Bench, base: Sources, head: Sources, anchored: str | None, own: str | None) -> _Results:
    """Run import-linter once for all four combinations that exist.

    Raises:
        JudgementError: it crashed, or a tree does not parse, or the base's contracts cannot be checked on the base.
    """
    jobs = []
    if anchored:
        jobs += [_job(bench, base, base, anchored, lenient=True), _job(bench, base, head, anchored, lenient=True)]
    if own:
        jobs += [_job(bench, head, base, own, lenient=True), _job(bench, head, head, own, lenient=False)]
    argv = (bench.gate_python, "-I", str(_CHILD), json.dumps({"jobs": jobs}))
    timeout = bench.policy.layers.timeout_seconds
    done = bench.processes.run(Command(argv, bench.trees.base.root, timeout=timeout, output_limit=_OUTPUT_LIMIT))
    if done.exit_code != 0 or done.truncated:
        ended = f"was stopped after {timeout:g} s" if done.timed_out else f"ended with {done.exit_code}"
        raise JudgementError(f"import-linter {ended}: {done.stderr.strip()[-400:] or 'it said nothing'}")
    found = iter(answers(done.stdout))
    pair = [next(found) if anchored else None for _ in range(2)]
    results = _Results(pair[0], pair[1], *(next(found) if own else None for _ in range(2)))
    for result in (results.base, results.anchored, results.own):
        if result is not None and result.syntax:
            name = result.syntax.removeprefix(str(bench.trees.head.root) + "/")
            raise JudgementError(f"imports cannot be read: {name} does not parse. Correct its syntax.")
    _require_judgeable(results.base, anchored)
    return results


def _job(bench: Bench, configured: Sources, over: Sources, path: str, *, lenient: bool) -> dict[str, object]:
    """One configuration over one tree. Besides the policy's import roots, `src` and `lib` are looked into."""
    roots = [str(over.tree.root / part) for part in _roots(bench)]
    return {"config": str(configured.tree.root / path), "roots": roots, "lenient": lenient}


def _roots(bench: Bench) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*bench.policy.environment.path, "src", "lib")))


def _require_judgeable(result: Layering | None, path: str | None) -> None:
    """The base's contracts must work on the base itself.

    Raises:
        JudgementError: they do not; the message says which and why.
    """
    if result is None:
        return
    if result.failure:
        raise JudgementError(f"the base's contracts in {path} cannot be checked: {result.failure}")
    for contract in result.contracts:
        if contract.unsupported:
            raise JudgementError(
                f"the contract {contract.name!r} in {path} has the type {contract.kind!r}, which is code of the "
                "project and is not run by the gate. Express it with import-linter's own types."
            )
        if contract.error:
            raise JudgementError(f"the contract {contract.name!r} in {path} cannot be checked: {contract.error}")


def _anchored(bench: Bench, results: _Results, head: Sources, *, changed: bool) -> list[Finding]:
    """The base's contracts over the head."""
    base, over = results.base, results.anchored
    assert base is not None
    assert over is not None
    severity = Severity.REVIEW if changed else None
    if over.failure:
        return [UNCHECKED.finding(f"no contract of the base can be checked: {over.failure}", severity=severity)]
    known = before(base, _renamed(bench))
    findings = []
    for contract in over.contracts:
        reasons = [f"{module} does not exist" for module in (*over.gone, *contract.gone)]
        reasons += [contract.error] if contract.error else []
        old = base.contract(contract.name)
        findings += [
            UNCHECKED.finding(f"the contract {contract.name!r} cannot be checked: {reason}", severity=severity)
            for reason in dict.fromkeys(reasons)
            if old is None or reason not in {f"{module} does not exist" for module in (*base.gone, *old.gone)}
        ]
        own = results.own.contract(contract.name) if results.own else None
        findings += _breaches(bench, contract, known, head, placed=_places(own, contract))
    return findings


def _places(own: Contract | None, contract: Contract) -> frozenset[str]:
    """The modules without a layer at the base to which the head's own contract of that name gives one."""
    if own is None or own.error or own.kind != contract.kind:
        return frozenset()
    return frozenset(contract.undeclared) - frozenset(own.undeclared)


def _own(bench: Bench, results: _Results, head: Sources, path: str) -> list[Finding]:
    """The head's own contracts over the head. Old debt counts only under contracts that the change leaves alone."""
    assert results.own is not None
    if results.own.failure:
        return [UNREADABLE.finding(f"{path}: {results.own.failure}", path=path, reproduce="lint-imports")]
    kept = {contract.options for contract in results.base.contracts} if results.base else set()
    known = before(results.own_on_base or Layering(), _renamed(bench))
    findings = []
    for contract in results.own.contracts:
        if contract.unsupported or contract.error:
            reason = contract.error or f"the type {contract.kind!r} is code of the project and is not run"
            what = f"the contract {contract.name!r} in {path} cannot be checked: {reason}"
            findings.append(UNREADABLE.finding(what, path=path, reproduce="lint-imports"))
        findings += _breaches(bench, contract, known if contract.options in kept else Before(), head)
    return findings


def _breaches(
    bench: Bench, contract: Contract, known: Before, head: Sources, placed: frozenset[str] = frozenset()
) -> list[Finding]:
    """New imports that break a contract, and new modules without a layer; `placed` have one in the head's contract."""
    findings = []
    for breach, link in new_links(contract, known):
        path = file_of(link.importer, _roots(bench), head.paths)
        so = "" if (breach.source, breach.target) == link.edge else f", so that {breach.source} reaches {breach.target}"
        findings.append(
            BROKEN.finding(
                f"{link.importer} imports {link.imported}{so}: against the contract {contract.name!r}",
                path=path,
                line=link.line,
                fix=contract.guidance,
                reproduce="lint-imports",
            )
        )
    for module in sorted(set(contract.undeclared) - known.undeclared.get(contract.options, frozenset())):
        what = f"{module} is in no layer of the contract {contract.name!r}"
        path = file_of(module, _roots(bench), head.paths)
        severity = Severity.REVIEW if module in placed else None
        what += "; the change itself gives it one" if severity else ""
        findings.append(
            UNDECLARED.finding(what, path=path, fix=contract.guidance, reproduce="lint-imports", severity=severity)
        )
    return findings


def _renamed(bench: Bench) -> dict[str, str]:
    """Module names of the base to those of the head, for files that moved."""
    roots = _roots(bench)
    moved = (f for f in bench.change.files if f.kind is ChangeKind.RENAMED and is_python(f.path))
    return {module_of(f.base_path, roots): module_of(f.path, roots) for f in moved}


def _packages(results: _Results) -> tuple[str, ...]:
    """The packages that some contract holds apart."""
    found = (r.packages for r in (results.base, results.anchored, results.own) if r is not None)
    return tuple(dict.fromkeys(name for packages in found for name in packages))


def _dynamic(bench: Bench, packages: Sequence[str], base: Sources, head: Sources) -> list[Finding]:
    """Dynamic imports in layered packages that the same file did not have at the base."""
    findings = []
    modules = frozenset(module_of(path, _roots(bench)) for path in head.paths if is_python(path))
    for file in bench.change.files:
        module = head.module(file.path) if is_python(file.path) else None
        layered = module_of(file.path, _roots(bench)).split(".")[0] in packages
        if module is None or not layered or matches(file.path, bench.policy.project.judges):
            continue
        before_change = base.module(file.base_path) or ast.Module([], [])
        old = Counter(d.text for d in _hidden(before_change, base.names(file.base_path), modules))
        for found in _hidden(module, head.names(file.path), modules):
            if old[found.text] > 0:
                old[found.text] -= 1
            elif severity := _judge_dynamic(found, packages):
                what = f"{found.text} in {file.path}"
                findings.append(DYNAMIC.finding(what, path=file.path, line=found.line, severity=severity))
    return findings


def _hidden(module: ast.Module, names: Names, modules: frozenset[str]) -> list[DynamicCode]:
    """Everything that reaches a module without an import statement that says so."""
    return [*dynamic_code(module, names), *reached(module, names, modules)]


def _judge_dynamic(found: DynamicCode, packages: Iterable[str]) -> Severity | None:
    """Block what names a layered package, ask about what could, leave the rest."""
    if found.target is None:
        return Severity.REVIEW if found.kind in {"import", "file"} else None
    words = found.target.replace("/", ".").replace("(", " ").replace("'", " ").replace('"', " ").split()
    if found.kind == "code" and "import" not in found.target:
        return None
    named = any(word.split(".")[0] in packages or word.startswith(".") for word in words)
    return Severity.BLOCK if named else None
