"""The program that the `layers` gate starts: import-linter over trees of the repository, answered as JSON.

It runs by path with `python -I`, reads one JSON document from its first argument and writes one to its standard output.
Packages are looked up in the tree by path and never through `sys.path`, so nothing of a tree is imported or run;
contract types of a project's own are code of that project and are named as unsupported instead.

The document is `{"jobs": [{"config": FILE, "roots": [DIRECTORY, …], "lenient": BOOL}]}`. A lenient job forgives what
the contracts name and the tree lacks, and lists it. Each job is answered by `modules`, `imports` (pairs), `gone`,
`contracts` (name, type, kept, guidance, gone, error, undeclared, violations) or `failure` with words.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grimp
from grimp.application.config import settings as grimp_settings
from grimp.application.ports.filesystem import AbstractFileSystem
from grimp.application.ports.packagefinder import AbstractPackageFinder
from grimp.exceptions import GrimpException, SourceSyntaxError
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract, InvalidContractOptions
from importlinter.domain.helpers import MissingImport

Options = dict[str, Any]  # import-linter's own, straight from the configuration file
_TYPES: Mapping[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}
_MODULE_LISTS = ("modules", "source_modules", "forbidden_modules", "protected_modules", "containers", "ancestors")


class TreePackages(AbstractPackageFinder):
    """Finds a package below the roots of a tree."""

    def __init__(self, roots: list[str]) -> None:
        self._roots = [Path(root) for root in roots]

    def find(self, package: str) -> str | None:
        """The directory of a package, or None."""
        places = (root.joinpath(*package.split(".")) for root in self._roots)
        return next((str(place) for place in places if place.is_dir()), None)

    def determine_package_directories(self, package_name: str, file_system: AbstractFileSystem) -> set[str]:
        """What grimp asks for."""
        del file_system
        place = self.find(package_name)
        if place is None:
            raise ValueError(f"there is no package {package_name} in the tree")
        return {place}


def main() -> None:
    """Answer the jobs of the first argument."""
    jobs = json.loads(sys.argv[1])["jobs"]
    json.dump({"answers": [_answer(job) for job in jobs]}, sys.stdout)


def _answer(job: Mapping[str, Any]) -> Options:
    """One job; what import-linter or grimp refuses is a failure in words."""
    try:
        configuration = read_configuration(job["config"])
        if not configuration["contracts_options"]:
            return {"failure": f"{Path(job['config']).name} has no contract"}
        return _judged(configuration["session_options"], configuration["contracts_options"], job)
    except SourceSyntaxError as error:
        return {"failure": f"{error.filename} does not parse (line {error.lineno or '?'})", "syntax": error.filename}
    except (GrimpException, ValueError, KeyError, OSError) as error:
        return {"failure": f"{type(error).__name__}: {error}"}


def _judged(session: Options, contracts: list[Options], job: Mapping[str, Any]) -> Options:
    """Build the graph and check each contract on a copy of it."""
    finder = TreePackages(job["roots"])
    grimp_settings.configure(PACKAGE_FINDER=finder)
    packages = _strings(session["root_packages"])
    session = {**session, "root_packages": packages}  # import-linter itself takes a single line letter by letter
    gone = [name for name in packages if finder.find(name) is None]
    kept = [name for name in packages if name not in gone]
    if gone and not (job["lenient"] and kept):
        return {"failure": f"the package {gone[0]} is not in the tree", "gone": gone, "contracts": len(contracts)}
    graph = grimp.build_graph(
        kept[0],
        *kept[1:],
        include_external_packages=_true(session.get("include_external_packages")),
        exclude_type_checking_imports=_true(session.get("exclude_type_checking_imports")),
        cache_dir=None,
    )
    return {
        "modules": len(graph.modules),
        "imports": [[m, other] for m in sorted(graph.modules) for other in graph.find_modules_directly_imported_by(m)],
        "packages": packages,
        "gone": gone,
        "contracts": [_checked(options, session, graph, lenient=job["lenient"]) for options in contracts],
    }


def _checked(options: Options, session: Options, graph: grimp.ImportGraph, *, lenient: bool) -> Options:
    """One contract over a copy of the graph."""
    kind = _TYPES.get(str(options.get("type")))
    answer = {"name": options["name"], "type": options.get("type"), "options": json.loads(json.dumps(options))}
    guidance = options.get("broken_contract_guidance") or session.get("broken_contract_guidance")
    answer["guidance"] = " ".join(" ".join(_strings(guidance)).split()) if guidance else ""
    if kind is None:
        return {**answer, "unsupported": True}
    if lenient:
        options, answer["gone"] = _forgiving(options, _strings(session["root_packages"]), graph)
        options["unmatched_ignore_imports_alerting"] = "none"
    try:
        contract = kind(name=options["name"], session_options=session, contract_options=options)
        check = contract.check(graph.__deepcopy__({}), verbose=False)
    except (InvalidContractOptions, MissingImport, GrimpException, ValueError) as error:
        words = "; ".join(f"{k}: {v}" for k, v in error.errors.items()) if hasattr(error, "errors") else str(error)
        return {**answer, "error": f"{type(error).__name__}: {words}"}
    return {
        **answer,
        "kept": check.kept,
        "undeclared": sorted(check.metadata.get("undeclared_modules", ())),
        "violations": list(_violations(check.metadata, graph)),
    }


def _forgiving(options: Options, packages: list[str], graph: grimp.ImportGraph) -> tuple[Options, list[str]]:
    """The options without what the graph lacks: absent layers become optional, absent modules are left out."""
    options, gone = dict(options), []
    for field in _MODULE_LISTS:
        named = _strings(options.get(field, []))
        absent = [m for m in named if "*" not in m and m.split(".")[0] in packages and m not in graph.modules]
        gone += absent
        if absent:
            options[field] = [module for module in named if module not in absent]
    if options.get("type") == "layers":
        containers = _strings(options.get("containers", [])) or [""]
        layers = []
        for layer in _strings(options.get("layers", [])):
            separator = "|" if "|" in layer else ":"
            tails = [tail.strip() for tail in layer.split(separator)]
            absent = [t for t in tails if t[:1] != "(" and not all(_full(c, t) in graph.modules for c in containers)]
            gone += [_full(c, t) for t in absent for c in containers if _full(c, t) not in graph.modules]
            layers.append(f" {separator} ".join(f"({tail})" if tail in absent else tail for tail in tails))
        options["layers"] = layers
    return options, gone


def _full(container: str, tail: str) -> str:
    return f"{container}.{tail}" if container else tail


def _violations(metadata: Mapping[str, Any], graph: grimp.ImportGraph) -> Iterator[Options]:
    """What breaks a contract: who may not reach whom, and the imports [importer, imported, line] by which it does."""
    for item in metadata.get("invalid_dependencies", ()):  # layers
        links = [link for route in item["routes"] for link in _links(route)]
        yield {"from": item["importer"], "to": item["imported"], "links": links}
    for item in metadata.get("invalid_chains", ()):  # forbidden, independence
        yield {"from": item["downstream_module"], "to": item["upstream_module"], "links": list(_links(item["chains"]))}
    for item in metadata.get("illegal_imports", ()):  # protected
        links = list(_links(dataclasses.asdict(item)["illegal_links"]))
        yield {"from": "a module that may not", "to": item.top_level_module, "links": links}
    for package, breakers in metadata.get("cycle_breakers_by_package", {}).items():  # acyclic_siblings
        details = [(a, b, graph.get_import_details(importer=a, imported=b)) for a, b in sorted(breakers)]
        links = [[a, b, found[0]["line_number"] if found else None] for a, b, found in details]
        yield {"from": package, "to": "a cycle of its children", "links": links}


def _links(value: object) -> Iterator[list[object]]:
    """Every import that stands somewhere inside a contract's metadata."""
    if isinstance(value, Mapping):
        if "line_numbers" in value:
            lines = [line for line in value["line_numbers"] if line and line > 0]
            yield [value["importer"], value["imported"], min(lines) if lines else None]
            return
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _links(inner)


def _strings(value: object) -> list[str]:
    """A setting that is one string or a list of them."""
    return [str(v).strip() for v in (value if isinstance(value, list | tuple) else [value]) if str(v).strip()]


def _true(value: object) -> bool:
    return str(value).strip().lower() == "true"


if __name__ == "__main__":
    main()
