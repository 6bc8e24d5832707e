"""Imports that a run of the suite showed, against the contracts between layers."""

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.analysis.contract_edges import EdgeContract
from guardrails.analysis.layering import file_of, module_of
from guardrails.analysis.source import Sources
from guardrails.analysis.support import imported
from guardrails.model.conduct import RuntimeImport
from guardrails.model.paths import matches
from guardrails.ports import SuiteRun


@dataclass(frozen=True, slots=True)
class RuntimeBreach:
    """An import that breaks a contract and that no import statement shows. `importer` and `imported` are modules."""

    importer: str
    imported: str
    contract: str
    seen: RuntimeImport


@dataclass(frozen=True, slots=True)
class Ground:
    """What imports of one tree are held against: its files, the roots of imports, the judges, the contracts."""

    sources: Sources
    roots: Sequence[str]
    judges: Sequence[str]
    contracts: Sequence[EdgeContract]


def breaches(run: SuiteRun, ground: Ground) -> list[RuntimeBreach]:
    """The imports of a run that break a contract, each once. Those of tests do not count, nor those that static
    analysis sees."""
    found: dict[tuple[str, str], RuntimeBreach] = {}
    for seen in run.imports:
        if matches(seen.importer, ground.judges):
            continue
        importer, target = _module(seen.importer, ground), _module(seen.imported, ground)
        contract = next((one for one in ground.contracts if one.forbids(importer, target)), None)
        if contract is not None and not _is_static(seen.importer, target, ground):
            found.setdefault((importer, target), RuntimeBreach(importer, target, contract.name, seen))
    return list(found.values())


def _module(name: str, ground: Ground) -> str:
    """A module's name, from a name or from the path of its file."""
    return module_of(name, ground.roots) if name in ground.sources.paths else name


def _is_static(path: str, target: str, ground: Ground) -> bool:
    """Whether an import statement of the file names the module: then the gate `layers` judges it."""
    module = ground.sources.module(path)
    if module is None:
        return False
    place = file_of(target, ground.roots, ground.sources.paths) or ""
    names = imported(module, path)
    return target in names or place.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in names
