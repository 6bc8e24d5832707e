"""By which names pytest finds tests, as a tree's configuration says."""

import configparser
import fnmatch
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.analysis.source import Sources


@dataclass(frozen=True, slots=True)
class Conventions:
    """pytest's `python_files`, `python_functions` and `python_classes`: globs, or prefixes of names."""

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    functions: tuple[str, ...] = ("test",)
    classes: tuple[str, ...] = ("Test",)
    passed_over: tuple[str, ...] = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
    """`norecursedirs`: what lies below such a directory is data of the tests and no test."""

    left_out: frozenset[str] = frozenset()
    """Marks by which a call of pytest in the tree's own build files leaves tests out: `-m "not slow"`."""

    def is_test_file(self, path: str) -> bool:
        """Whether pytest collects the file when it looks through its directory."""
        name = path.rpartition("/")[2]
        return any(fnmatch.fnmatchcase(path if "/" in glob else name, glob) for glob in self.files)

    def is_passed_over(self, path: str) -> bool:
        """Whether a file lies below a directory that pytest does not look into."""
        directories = path.split("/")[:-1]
        return any(
            fnmatch.fnmatchcase("/".join(directories[: n + 1]) if "/" in glob else name, glob)
            for n, name in enumerate(directories)
            for glob in self.passed_over
        )

    def is_test_function(self, name: str) -> bool:
        """Whether a function of this name is a test."""
        return _named(name, self.functions)

    def is_test_class(self, name: str) -> bool:
        """Whether methods of a class of this name are looked at."""
        return _named(name, self.classes)


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    """pytest's rule: a prefix, or a glob where it holds a special character."""
    return any(name.startswith(p) or (any(c in p for c in "*?[") and fnmatch.fnmatchcase(name, p)) for p in patterns)


def pytest_options(sources: Sources) -> tuple[str, Mapping[str, Any]]:
    """The file that pytest takes its options from at the root of a tree, and the options; ("", {}) without one."""
    for path in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        text = sources.text(path)
        options = _options(path, text) if text is not None else None
        if options is not None:
            return path, options
    return "", {}


def _options(path: str, text: str) -> Mapping[str, Any] | None:
    """pytest's options in one file, or None where it has none."""
    try:
        if path.endswith(".toml"):
            data = tomllib.loads(text)
            table = data.get("tool", {}) if path == "pyproject.toml" else data
            pytest = table.get("pytest")
            return None if pytest is None else {**pytest, **pytest.get("ini_options", {})}
        parser = configparser.RawConfigParser()
        parser.read_string(text)
    except (tomllib.TOMLDecodeError, configparser.Error):
        return None
    section = "tool:pytest" if path == "setup.cfg" else "pytest"
    if parser.has_section(section):
        return dict(parser[section])
    return {} if path.endswith("pytest.ini") else None


def conventions(sources: Sources) -> Conventions:
    """What the tree's pytest configuration says, or pytest's defaults."""
    _, options = pytest_options(sources)
    default = Conventions()

    def listed(key: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        value = options.get(key, ())
        return tuple(value.split() if isinstance(value, str) else value) or otherwise

    return Conventions(
        listed("python_files", default.files),
        listed("python_functions", default.functions),
        listed("python_classes", default.classes),
        listed("norecursedirs", default.passed_over),
        _left_out(sources, options.get("addopts", "")),
    )


_NOT = re.compile(r"\bnot\s+(\w+)")
_CALLS = ("Makefile", "tox.ini", ".ci/run", "noxfile.py", ".github/workflows/ci.yml", ".github/workflows/tests.yml")


def _left_out(sources: Sources, addopts: object) -> frozenset[str]:
    """Marks that `-m` leaves out, in pytest's own options, in a build file or in the policy."""
    texts = [str(addopts), *(sources.text(path) or "" for path in _CALLS)]
    calls = (match[1] for text in texts for match in re.finditer(r"-m[ ='\",]+([^\n]*)", text))
    policy = re.findall(r"^markers\s*=([^\n]*)", sources.text("guardrails.toml") or "", re.MULTILINE)
    return frozenset(mark for call in (*calls, *policy) for mark in _NOT.findall(call))
