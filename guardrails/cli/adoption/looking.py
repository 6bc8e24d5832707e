"""What is in a repository that adopts the gate: by paths and text alone, nothing is imported or run."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from guardrails.analysis.products import top_packages
from guardrails.analysis.source import is_python
from guardrails.config import Project
from guardrails.model.paths import matches

Read = Callable[[str], str | None]

NESTED_TESTS = ("**/tests/**", "**/test/**", "**/tests.py")
TEST_FILES = ("**/test_*.py", "**/*_test.py", "**/tests.py")
_DATA = ("data/**", "datasets/**")
_TEST_FOLDERS = frozenset({"tests", "test"})
_APART = ("**/.venv/**", "**/venv/**", "**/node_modules/**", "**/site-packages/**", "**/vendor/**", "**/build/**")
_ROOTS = ("src", "lib")
_LINTERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ruff": ((".ruff.toml", ""), ("ruff.toml", ""), ("pyproject.toml", "[tool.ruff")),
    "mypy": (("mypy.ini", ""), (".mypy.ini", ""), ("pyproject.toml", "[tool.mypy"), ("setup.cfg", "[mypy")),
    "import-linter": (
        (".importlinter", ""), ("pyproject.toml", "[tool.importlinter"), ("setup.cfg", "[importlinter"),
    ),
    "pytest": (
        ("pytest.ini", ""), (".pytest.ini", ""), ("pytest.toml", ""), ("pyproject.toml", "[tool.pytest"),
        ("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]"),
    ),
    "coverage": (
        (".coveragerc", ""), ("pyproject.toml", "[tool.coverage"), ("setup.cfg", "[coverage:"),
        ("tox.ini", "[coverage:"),
    ),
    "flake8": ((".flake8", ""), ("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")),
    "pylint": ((".pylintrc", ""), ("pylintrc", ""), ("pyproject.toml", "[tool.pylint")),
    "black": (("pyproject.toml", "[tool.black"),),
    "pyright": (("pyrightconfig.json", ""), ("pyproject.toml", "[tool.pyright")),
}  # fmt: skip
_FORGES: Mapping[str, tuple[str, ...]] = {
    "github": (".github/**",),
    "gitlab": (".gitlab-ci.yml", ".gitlab/**"),
    "other": ("Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".circleci/**"),
}
_MADE = r"^(?P<name>\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?"
_SERVICES = (
    ("uvicorn", re.compile(_MADE + r"(?:FastAPI|Starlette|Litestar|Quart)\(", re.MULTILINE)),
    ("flask", re.compile(_MADE + r"Flask\(", re.MULTILINE)),
)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that answers requests: what it is made with, and the command that starts it on `{port}`."""

    kind: str
    path: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is. Paths are relative to the top, with forward slashes."""

    python_files: int
    packages: tuple[str, ...]
    source_root: str = ""
    """`src` or `lib` where packages stand below it; else empty."""
    tests: tuple[str, ...] = ()
    """What to hand to pytest: directories, and files that stand alone."""
    runner: str = ""
    """`pytest`, `unittest` or `django`; empty where there are no tests."""
    linters: Mapping[str, str] | None = None
    """Tool to the file that configures it."""
    forges: tuple[str, ...] = ()
    """Of `github`, `gitlab`, `other`: whose files are there."""
    pacts: str = ""
    providers: tuple[str, ...] = ()
    locustfile: str = ""
    service: Service | None = None
    pre_commit: bool = False
    notebooks: int = 0
    data: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    settings_module: str = ""
    """What Django reads its settings from."""
    installable: bool = False
    """Whether pip can install the repository itself."""
    test_files: tuple[str, ...] = ()


def look(paths: Iterable[str], read: Read) -> Found:
    """What a repository with these files holds. `read` gives the text of one, or None."""
    listed = [path for path in sorted(paths) if not matches(path, _APART)]
    python = [path for path in listed if is_python(path)]
    tests = [path for path in python if matches(path, TEST_FILES)]
    packages = _packages(listed)
    root = next((r for r in _ROOTS if any(f"{r}/{name}/__init__.py" in listed for name in packages)), "")
    folder, providers = _pacts(listed, read)
    return Found(
        python_files=len(python),
        packages=packages,
        source_root=root,
        tests=_test_places(tests, packages, named=_names_tests_py(listed, read)),
        runner=_runner(listed, tests, read),
        linters=_linters(listed, read),
        forges=_forges(listed),
        pacts=folder,
        providers=providers,
        locustfile=_named(listed, "locustfile.py"),
        service=_service(python, tests, root, read),
        pre_commit=".pre-commit-config.yaml" in listed,
        notebooks=sum(path.endswith(".ipynb") for path in listed),
        data=tuple(sorted({path.split("/")[0] for path in listed if matches(path, _DATA)})),
        scripts=tuple(path for path in python if path not in tests and not _inside(path, packages)),
        requirements=tuple(path for path in listed if re.fullmatch(r"requirements[\w.-]*\.(txt|lock)", path)),
        settings_module=_django_settings(listed, read),
        installable=_installable(listed, read),
        test_files=tuple(tests),
    )


def _packages(listed: Sequence[str]) -> tuple[str, ...]:
    """Import names of packages; single modules are scripts."""
    judges = (*Project().judges, *NESTED_TESTS)
    there = frozenset(listed)
    return tuple(
        name
        for name in top_packages(listed, judges)
        if any(f"{root}{name}/__init__.py" in there for root in ("", *(f"{one}/" for one in _ROOTS)))
    )


def _named(listed: Sequence[str], name: str) -> str:
    return next((path for path in listed if PurePosixPath(path).name == name), "")


def _inside(path: str, packages: Sequence[str]) -> bool:
    """Whether a file belongs to a package."""
    return any(path.startswith((f"{name}/", *(f"{root}/{name}/" for root in _ROOTS))) for name in packages)


def _test_places(tests: Sequence[str], packages: Sequence[str], *, named: bool) -> tuple[str, ...]:
    """What to hand to pytest: packages that hold tests, so that new ones in them run as well; else the outermost
    directories called `tests` or `test`; else where the file lies. A file that pytest would not collect by itself is
    named: any `tests.py`, unless the project has `named` it to pytest."""
    places: dict[str, None] = {}
    for path in tests:
        parts = path.split("/")
        at = next((n for n, part in enumerate(parts[:-1]) if part in _TEST_FOLDERS), None)
        if parts[-1] == "tests.py" and not named:
            places[path] = None
        elif _inside(path, packages):
            places["/".join(parts[: 2 if parts[0] in _ROOTS and parts[0] not in packages else 1])] = None
        else:
            places["/".join(parts[: at + 1] if at is not None else parts[:-1]) or "."] = None
    return tuple(place for place in places if "." not in places or place in (".", *_named_files(places)))


def _named_files(places: Iterable[str]) -> list[str]:
    return [place for place in places if place.endswith("tests.py")]


def _names_tests_py(listed: Sequence[str], read: Read) -> bool:
    """Whether pytest is told to collect `tests.py`."""
    place = _linters(listed, read).get("pytest")
    return bool(place and re.search(r"python_files\s*=[^=]*\btests\.py", read(place) or ""))


def _runner(listed: Sequence[str], tests: Sequence[str], read: Read) -> str:
    if not tests:
        return ""
    texts = [read(path) or "" for path in tests]
    if "manage.py" in listed and any("django" in text for text in texts):
        return "django"
    own = _linters(listed, read).get("pytest") or any("import pytest" in text for text in texts)
    plain = any(re.search(r"^def test_", text, re.MULTILINE) for text in texts)
    return "pytest" if own or plain else "unittest"


def _linters(listed: Sequence[str], read: Read) -> dict[str, str]:
    """Each checker to the first file that configures it."""
    there = frozenset(listed)
    found = {}
    for tool, places in _LINTERS.items():
        for path, mark in places:
            if path in there and (not mark or mark in (read(path) or "")):
                found[tool] = path
                break
    return found


def _forges(listed: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name, patterns in _FORGES.items() if any(matches(path, patterns) for path in listed))


def _pacts(listed: Sequence[str], read: Read) -> tuple[str, tuple[str, ...]]:
    """The directory with most pacts, and the providers that they name."""
    by_folder: dict[str, set[str]] = {}
    for path in listed:
        place = PurePosixPath(path).parent
        if path.endswith(".json") and place.name == "pacts" and (provider := _provider(read(path) or "")):
            by_folder.setdefault(str(place), set()).add(provider)
    if not by_folder:
        return "", ()
    folder = max(sorted(by_folder), key=lambda name: len(by_folder[name]))
    return folder, tuple(sorted(by_folder[folder]))


def _provider(text: str) -> str:
    try:
        data: Any = json.loads(text)
        return str(data["provider"]["name"])
    except (ValueError, KeyError, TypeError):
        return ""


def _service(python: Sequence[str], tests: Sequence[str], root: str, read: Read) -> Service | None:
    """The first thing that can be started and answers requests."""
    if "manage.py" in python:
        command = ("{python}", "manage.py", "runserver", "--noreload", "127.0.0.1:{port}")
        return Service("Django", "manage.py", command)
    for path in python:
        text = read(path) or "" if path not in tests else ""
        for kind, pattern in _SERVICES:
            made = pattern.search(text)
            if made:
                module = path.removeprefix(f"{root}/" if root else "").removesuffix(".py").replace("/", ".")
                return Service(kind, path, _command(kind, module.removesuffix(".__init__"), made["name"]))
    return None


def _command(kind: str, module: str, name: str) -> tuple[str, ...]:
    if kind == "flask":
        return ("{python}", "-m", "flask", "--app", f"{module}:{name}", "run", "--port", "{port}")
    return ("{python}", "-m", "uvicorn", f"{module}:{name}", "--port", "{port}")


def _django_settings(listed: Sequence[str], read: Read) -> str:
    text = (read("manage.py") or "") if "manage.py" in listed else ""
    found = re.search(r"DJANGO_SETTINGS_MODULE[\"'],\s*[\"']([\w.]+)", text)
    return found[1] if found else ""


def _installable(listed: Sequence[str], read: Read) -> bool:
    if "setup.py" in listed:
        return True
    try:
        data = tomllib.loads(read("pyproject.toml") or "") if "pyproject.toml" in listed else {}
    except tomllib.TOMLDecodeError:
        return False
    return "project" in data or "build-system" in data
