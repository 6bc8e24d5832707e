"""mypy's configuration of a tree, made safe to use over another tree, and its answers.

Measured with mypy 2.4: a cached module counts as fresh without a look at its content where path, size and modification
time in whole seconds are the same. Paths must therefore be absolute (each tree has a directory of its own), or one
tree's result leaks into another's. So what names files in the configuration is taken out and given by hand.
"""

import configparser
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guardrails.analysis.source import Sources
from guardrails.analysis.violations import Violation, relative
from guardrails.model.paths import matches

_NAMES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")  # in mypy's order
# What names files or programs, and what writes into the working directory.
_TAKEN_OUT = re.compile(
    r"files|packages|modules|exclude|mypy_path|python_executable|cache_dir|junit_xml|\w+_report|output|pretty"
)
_ERROR = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? error: (?P<text>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)
_CHECKED = re.compile(r"(?:in|checked) (\d+) source files?")
_DIRECTORY = re.compile(r"\$\{?MYPY_CONFIG_FILE_DIR\}?")


@dataclass(frozen=True, slots=True)
class Configuration:
    """mypy's settings: the global ones, and those of each module pattern."""

    path: str
    options: Mapping[str, Any]  # as the file's format gives them
    overrides: tuple[tuple[tuple[str, ...], Mapping[str, Any]], ...] = ()

    def listed(self, key: str) -> tuple[str, ...]:
        """A setting that is a list, or one string with commas or line ends between its parts."""
        value = self.options.get(key, ())
        parts = re.split(r"[,\n]", value) if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())

    @property
    def excludes(self) -> tuple[str, ...]:
        """The patterns of `exclude`; an INI file has room for one."""
        value = self.options.get("exclude", ())
        return (value.strip(),) if isinstance(value, str) else tuple(value)

    @property
    def search_path(self) -> tuple[str, ...]:
        """The directories of `mypy_path`, relative to the tree."""
        value = self.options.get("mypy_path", ())
        parts = re.split(r"[,:]", value) if isinstance(value, str) else value
        clean = (_DIRECTORY.sub("", part.strip()).strip("/") for part in parts)
        return tuple(part or "." for part in clean)

    def with_plugins_of(self, other: "Configuration | None") -> "Configuration":
        """The same settings with another configuration's plugins: a plugin is code that mypy runs."""
        options = {key: value for key, value in self.options.items() if key != "plugins"}
        if other is not None and "plugins" in other.options:
            options["plugins"] = other.options["plugins"]
        return replace(self, options=options)

    def text(self, root: str) -> str:
        """A file for `--config-file`, over the tree at `root`."""
        options = {key: value for key, value in self.options.items() if not _TAKEN_OUT.fullmatch(key)}
        parser = configparser.RawConfigParser()
        parser["mypy"] = {key: _ini(value) for key, value in options.items()}
        for patterns, settings in self.overrides:
            for pattern in patterns:
                section = f"mypy-{pattern}"
                known = dict(parser[section]) if parser.has_section(section) else {}
                parser[section] = known | {key: _ini(value) for key, value in settings.items()}
        out = io.StringIO()
        parser.write(out)
        return _DIRECTORY.sub(lambda _: root, out.getvalue())

    @property
    def digest_text(self) -> str:
        """What of the file mypy acts on, in one canonical form."""
        return json.dumps([self.options, self.overrides], sort_keys=True, default=str)


def _ini(value: object) -> str:
    """A value as mypy reads it from an INI file."""
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def configuration(sources: Sources) -> Configuration | None:
    """The configuration that mypy would take at the root of a tree, or None.

    Raises:
        ValueError: the file cannot be parsed.
    """
    for path in _NAMES:
        text = sources.text(path)
        found = _parse(path, text) if text and "mypy" in text else None
        if found is not None:
            return found
    return None


def _parse(path: str, text: str) -> Configuration | None:
    try:
        if path.endswith(".toml"):
            return _from_toml(path, tomllib.loads(text).get("tool", {}).get("mypy"))
        parser = configparser.RawConfigParser()
        parser.read_string(text)
    except (tomllib.TOMLDecodeError, configparser.Error) as error:
        raise ValueError(f"{path} cannot be parsed: {error}") from error
    if not parser.has_section("mypy"):
        return None
    names = [name for name in parser.sections() if name.startswith("mypy-")]
    overrides = tuple((tuple(name.removeprefix("mypy-").split(",")), dict(parser[name])) for name in names)
    return Configuration(path, dict(parser["mypy"]), overrides)


def _from_toml(path: str, table: Mapping[str, Any] | None) -> Configuration | None:
    if table is None:
        return None
    options = {key: value for key, value in table.items() if key != "overrides"}
    overrides = []
    for entry in table.get("overrides", ()):
        module = entry["module"]
        patterns = (module,) if isinstance(module, str) else tuple(module)
        overrides.append((patterns, {key: value for key, value in entry.items() if key != "module"}))
    return Configuration(path, options, tuple(overrides))


@dataclass(frozen=True, slots=True)
class Targets:
    """Arguments that tell mypy what to check, and those of the base that the tree lacks."""

    arguments: tuple[str, ...]
    gone: tuple[str, ...] = ()


def targets(
    wanted: Sequence[str], found: Configuration | None, packages: Sequence[str], sources: Sources, roots: Sequence[str]
) -> Targets:
    """What to check in a tree: the policy's arguments, else what the configuration names, else the packages.

    Files become absolute, see above. `roots` are the tree's import roots, "." for the tree itself.
    """
    if wanted:
        arguments = list(wanted)
    elif found is not None and found.listed("files"):
        arguments = list(found.listed("files"))
    elif found is not None and (found.listed("packages") or found.listed("modules")):
        arguments = [part for name in found.listed("packages") for part in ("-p", name)]
        arguments += [part for name in found.listed("modules") for part in ("-m", name)]
    else:
        arguments = [place for name in packages if (place := _place(name, sources, roots))]
    kept: list[str] = []
    gone: list[str] = []
    while arguments:
        argument = arguments.pop(0)
        if argument in {"-p", "-m", "--package", "--module"} and arguments:
            name = arguments.pop(0)
            there = _place(name, sources, roots) is not None
            kept += [argument, name] if there else []
            gone += [] if there else [name]
        elif argument.startswith("-"):
            kept.append(argument)
        else:
            there_paths = _expanded(_DIRECTORY.sub("", argument).strip("/"), sources)
            kept += [f"{sources.tree.root}/{path}".removesuffix("/.") for path in there_paths]
            gone += [] if there_paths else [argument]
    return Targets(tuple(kept), tuple(gone))


def _place(name: str, sources: Sources, roots: Sequence[str]) -> str | None:
    """Where a package or a module stands in a tree, as a path, or None."""
    inner = name.replace(".", "/")
    for root in roots:
        start = "" if root in {"", "."} else root.rstrip("/") + "/"
        for end in (".py", ".pyi"):
            if start + inner + end in sources.paths:
                return start + inner + end
        if any(path.startswith(f"{start}{inner}/") for path in sources.paths):
            return start + inner
    return None


def _expanded(argument: str, sources: Sources) -> list[str]:
    """The files and directories of a tree that an argument, which may be a pattern, names."""
    argument = argument.removeprefix("./") or "."
    if argument == ".":
        return ["."]
    places = {place for path in sources.paths for place in _with_parents(path)}
    if any(character in argument for character in "*?["):
        return sorted(place for place in places if matches(place, (argument,)))
    return [argument] if argument in places else []


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]


def errors(stdout: str, root: str, paths: frozenset[str]) -> tuple[Violation, ...]:
    """The errors of a plain answer; notes are left out."""
    found = (_ERROR.match(line) for line in stdout.splitlines())
    return tuple(
        Violation(
            code=m["code"] or "misc",
            path=relative(m["path"], root, paths),
            line=int(m["line"]),
            message=m["text"],
            column=int(m["column"] or 0),
        )
        for m in found
        if m
    )


def checked(stdout: str) -> int | None:
    """How many source files the last line says were checked, or None where it does not say."""
    lines = stdout.strip().splitlines()
    found = _CHECKED.search(lines[-1]) if lines else None
    return int(found[1]) if found else None


def shape(violation: Violation) -> str:
    """A message without the names in it."""
    return re.sub(r'"[^"]*"', '""', violation.message)


_IMPORTS = frozenset({"import-not-found", "import-untyped", "import"})
_FROM_ANY = _IMPORTS | {
    "misc",
    "no-any-return",
    "no-any-unimported",
    "no-untyped-call",
    "untyped-decorator",
    "unused-ignore",
}


def environment_lacks_packages(base: Sequence[Violation]) -> bool:
    """Whether the base already imports what is not installed: then the environment is not the project's own."""
    return any(violation.code in {"import-not-found", "import"} for violation in base)


def comes_from_lacking_packages(violation: Violation) -> bool:
    """Whether an error may only say that a package is not installed."""
    return violation.code in _FROM_ANY
