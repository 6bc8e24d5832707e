"""import-linter's contracts over one direct import: for imports that only a run shows, and no graph holds.

Layers, forbidden, independence and protected contracts are read as import-linter reads them. Whatever cannot be judged
by one import alone (indirect chains, cycles, contract types of a project's own) is left to the gate `layers`.
"""

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.analysis.source import Sources

PLACES = ("setup.cfg", ".importlinter", "pyproject.toml")
"""Where import-linter itself looks, in its order."""
_PREFIX = "importlinter:contract:"


def configuration(sources: Sources, first: str) -> str | None:
    """The file that holds the contracts: `first`, or the first of import-linter's own places that does."""
    for path in dict.fromkeys((first, *PLACES)):
        text = sources.text(path)
        if text is not None and "importlinter" in text:
            return path
    return None


@dataclass(frozen=True, slots=True)
class EdgeContract:
    """One contract: its name, its type and its options, each a list of words."""

    name: str
    kind: str
    options: Mapping[str, Sequence[str]]

    def forbids(self, importer: str, imported: str) -> bool:
        """Whether one module may not import another directly."""
        for ignored in self.options.get("ignore_imports", ()):
            source, _, target = (part.strip() for part in ignored.partition("->"))
            if _is(importer, source, inside=False) and _is(imported, target, inside=False):
                return False
        judge = {
            "layers": self._layers,
            "forbidden": self._forbidden,
            "independence": self._independence,
            "protected": self._protected,
        }.get(self.kind)
        return judge is not None and judge(importer, imported)

    def _layers(self, importer: str, imported: str) -> bool:
        for container in self.options.get("containers", ()) or ("",):
            places = [self._layer(container, module) for module in (importer, imported)]
            if places[0] is None or places[1] is None:
                continue
            (low, mine, apart), (high, other, _) = places[0], places[1]
            if low > high or (low == high and apart and mine != other):
                return True
        return False

    def _layer(self, container: str, module: str) -> tuple[int, str, bool] | None:
        """The number of a module's layer from the top, its part of the layer, and whether the parts stand apart."""
        for number, layer in enumerate(self.options.get("layers", ())):
            apart = "|" in layer or ":" not in layer
            for part in re.split(r"[|:]", layer):
                tail = part.strip().strip("()").strip()
                if tail and _is(module, f"{container}.{tail}" if container else tail):
                    return number, tail, apart
        return None

    def _forbidden(self, importer: str, imported: str) -> bool:
        inside = self.options.get("as_packages", ["true"])[0].lower() != "false"
        sources, targets = self.options.get("source_modules", ()), self.options.get("forbidden_modules", ())
        return any(_is(importer, one, inside=inside) for one in sources) and any(
            _is(imported, one, inside=inside) for one in targets
        )

    def _independence(self, importer: str, imported: str) -> bool:
        homes = [_homes(module, self.options.get("modules", ())) for module in (importer, imported)]
        return bool(homes[0] and homes[1]) and not homes[0] & homes[1]

    def _protected(self, importer: str, imported: str) -> bool:
        protected, allowed = self.options.get("protected_modules", ()), self.options.get("allowed_importers", ())
        homes = _homes(imported, protected)
        return bool(homes) and not any(_is(importer, one) for one in (*homes, *allowed))


def contracts(text: str, path: str) -> tuple[EdgeContract, ...]:
    """The contracts of a configuration file; none where it does not parse, which the gate `layers` tells."""
    try:
        return tuple(_from_toml(text) if path.endswith(".toml") else _from_ini(text))
    except (tomllib.TOMLDecodeError, configparser.Error, AttributeError, TypeError):
        return ()


def _from_ini(text: str) -> Iterator[EdgeContract]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    for section in parser.sections():
        if section.startswith(_PREFIX):
            options = {key: [line.strip() for line in value.split("\n")] for key, value in parser[section].items()}
            yield _contract({**options, "name": [parser[section].get("name", section.removeprefix(_PREFIX))]})


def _from_toml(text: str) -> Iterator[EdgeContract]:
    for entry in tomllib.loads(text).get("tool", {}).get("importlinter", {}).get("contracts", ()):
        yield _contract({key: _words(value) for key, value in entry.items()})


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value).split("\n")


def _contract(options: Mapping[str, Sequence[str]]) -> EdgeContract:
    clean = {key: [word for word in words if word and word[0] != "#"] for key, words in options.items()}
    return EdgeContract((clean.get("name") or [""])[0], (clean.get("type") or [""])[0], clean)


def _is(module: str, pattern: str, *, inside: bool = True) -> bool:
    """Whether a module is one that a pattern names, or, with `inside`, stands in one."""
    return re.fullmatch(_expression(pattern) + (r"(\..+)?" if inside else ""), module) is not None


def _homes(module: str, patterns: Sequence[str]) -> set[str]:
    """The modules that the patterns name and in which a module stands."""
    found = (re.fullmatch(rf"({_expression(pattern)})(\..+)?", module) for pattern in patterns)
    return {match[1] for match in found if match}


def _expression(pattern: str) -> str:
    """`*` stands for one name, `**` for any number of them."""
    words = (r"[^.]+" if word == "*" else r".+?" if word == "**" else re.escape(word) for word in pattern.split("."))
    return r"\.".join(words)
