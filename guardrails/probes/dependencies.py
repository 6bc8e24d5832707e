"""Planted violations of the `dependencies` gate."""

import json
from collections.abc import Mapping

from guardrails.model.probe import Probe

_A, _B, _C = ("sha256:" + letter * 64 for letter in "abc")
_PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1.0"
dependencies = [
    "numpy>=2.0",
    "pandas>=2.2",
]

[project.scripts]
shop = "shop.rank:main"
"""
_LOCK = f"numpy==2.1.0 --hash={_A}\npandas==2.2.0 --hash={_B}\n"
_PINS = "flask==3.0.3\ngunicorn==23.0.0\n"
_ELSEWHERE = "http://packages.example.org"
_RANK = "import numpy\n\n\ndef rank(scores):\n    return numpy.sort(scores)[::-1]\n"
BASE: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "pyproject.toml": _PROJECT,
    "requirements.lock": _LOCK,
    "deploy/requirements.txt": _PINS,
}
Edit = Mapping[str, str | None]


def _needs(requirement: str, *, locked: str = "") -> Edit:
    """The project requires one package more; `locked` is its line of the lock."""
    project = _PROJECT.replace('    "pandas>=2.2",\n', f'    "pandas>=2.2",\n    "{requirement}",\n')
    return {"pyproject.toml": project, "requirements.lock": _LOCK + locked} if locked else {"pyproject.toml": project}


def _project(old: str, new: str) -> Edit:
    return {"pyproject.toml": _PROJECT.replace(old, new)}


def _lock(text: str) -> Edit:
    return {"requirements.lock": text}


_HONEST = _needs("scipy>=1.14", locked=f"scipy==1.14.1 --hash={_C}\n")


def _probe(rule: str, bad: Edit, honest: Edit = _HONEST) -> Probe:
    return Probe(f"dependencies/{rule}", BASE, bad, honest)


def _answer(name: str, version: str, uploaded: str, *, yanked: bool = False) -> str:
    """What an index says of a package with one version."""
    file = {"filename": f"{name}-{version}.tar.gz", "upload-time": f"{uploaded}T00:00:00Z", "yanked": yanked}
    return json.dumps({"name": name, "versions": [version], "files": [file]})


_INDEX: Mapping[str, str] = {
    **BASE,
    "guardrails.toml": '[dependencies]\nindex = "index"\n',
    "index/scipy.json": _answer("scipy", "1.14.1", "2012-01-01"),
    "index/rank-oil.json": _answer("rank-oil", "1.0", "2999-01-01"),
    "index/old-rank.json": _answer("old-rank", "1.0", "2012-01-01", yanked=True),
    "index/broken.json": "<html>",
}


def _looked_up(rule: str, requirement: str) -> Probe:
    return Probe(f"dependencies/{rule}", _INDEX, _needs(requirement), _HONEST)


PROBES: tuple[Probe, ...] = (
    _probe("look-alike", _needs("reqeusts>=2.31"), _needs("requests>=2.31", locked=f"requests==2.32.3 --hash={_C}\n")),
    _probe("invalid-name", _needs("sci kit learn")),
    _probe(
        "unknown-name",
        _needs("fast-vector-rank-utils>=1"),
        _needs("fast-vector-rank-utils>=1", locked=f"fast-vector-rank-utils==1.0 --hash={_C}\n"),
    ),
    _probe("not-in-lock", _needs("scipy>=1.14")),
    _probe(
        "lock-unexplained",
        _lock(_LOCK + f"scipy==1.14.1 --hash={_C}\n"),
        _lock(_LOCK.replace(f"2.1.0 --hash={_A}", f"2.1.1 --hash={_C}")),
    ),
    _probe("hash-removed", _lock(_LOCK.replace(f" --hash={_B}", "")), _lock(_LOCK.replace(_B, f"{_B} --hash={_C}"))),
    _probe(
        "hash-changed", _lock(_LOCK.replace(_A, _C)), _lock(_LOCK.replace(f"2.1.0 --hash={_A}", f"2.1.1 --hash={_C}"))
    ),
    _probe(
        "unpinned",
        {"deploy/requirements.txt": _PINS + "rich>=13\n"},
        {"deploy/requirements.txt": _PINS + "rich==13.9.4\n"},
    ),
    _probe("direct-reference", _needs("ranker @ git+https://example.org/ranker.git")),
    _probe("new-index", {"deploy/requirements.txt": f"--extra-index-url {_ELSEWHERE}\n{_PINS}"}),
    _probe(
        "install-hook",
        _project('build-backend = "hatchling.build"', 'build-backend = "build"\nbackend-path = ["."]'),
    ),
    _probe(
        "entry-point",
        _project('shop = "shop.rank:main"', 'shop = "shop.rank:main"\npytest = "shop.rank:main"'),
        _project('shop = "shop.rank:main"', 'shop = "shop.rank:main"\nshop-rank = "shop.rank:main"'),
    ),
    _probe(
        "undeclared-import",
        {"shop/rank.py": "import scipy\n" + _RANK},
        {"shop/rank.py": "import pandas\nimport shop\n" + _RANK},
    ),
    _probe(
        "unreadable", _project('"pandas>=2.2",\n]', '"pandas>=2.2",\n'), _project('version = "1.0"', 'version = "1.1"')
    ),
    _looked_up("not-in-index", "fast-vector-rank-utils>=1"),
    _looked_up("young-package", "rank-oil>=1"),
    _looked_up("yanked", "old-rank>=1"),
    _looked_up("look-up-failed", "broken>=1"),
)
