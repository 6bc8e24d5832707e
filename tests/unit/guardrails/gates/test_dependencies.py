"""Gate dependencies: each rule says yes and says no, in each of the forms in which a repository declares packages."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.gates.dependencies import RULES, DependenciesGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, judged
from guardrails.probes.dependencies import BASE, PROBES
from tests.dependency_samples import MIRROR, PLAIN, POETRY, PUBLIC, SETUP, UV, A, B, C
from tests.judge_fakes import check_probe, judge

NOTE, REVIEW, BLOCK = Severity.NOTE, Severity.REVIEW, Severity.BLOCK
Edit = Mapping[str, str | None]


def severities(tmp_path: Path, base: Mapping[str, str], head: Edit) -> dict[str, Severity]:
    """The gravest severity by rule of what the gate says about a change."""
    found: dict[str, Severity] = {}
    for finding in judge(DependenciesGate(), tmp_path, base, head).findings:
        name = finding.rule.partition("/")[2]
        found[name] = max(finding.severity, found.get(name, NOTE), key=lambda s: s.rank)
    return found


def put(base: Mapping[str, str], path: str, old: str, new: str) -> Edit:
    """One file of a project with a piece of it replaced."""
    assert old in base[path], f"{old!r} is not in {path}"
    return {path: base[path].replace(old, new)}


def needs(base: Mapping[str, str], text: str) -> Edit:
    """The probes' project requires one package more."""
    return put(base, "pyproject.toml", '    "pandas>=2.2",\n', f'    "pandas>=2.2",\n    "{text}",\n')


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(DependenciesGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


LOCKED = BASE["requirements.lock"]


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (BASE, needs(BASE, "python-requests"), {"look-alike": REVIEW, "not-in-lock": REVIEW}),
        (BASE, needs(BASE, "nunpy"), {"look-alike": BLOCK, "not-in-lock": REVIEW}),
        (BASE, needs(BASE, "scikit_leam"), {"look-alike": BLOCK, "not-in-lock": REVIEW}),
        (
            BASE,
            {**needs(BASE, "reqeusts"), "requirements.lock": LOCKED + f"reqeusts==1.0 --hash={C}\n"},
            {"look-alike": REVIEW},
        ),
        (
            BASE,
            {"requirements.lock": LOCKED + f"reqeusts==1 --hash={C}\n"},
            {"look-alike": REVIEW, "lock-unexplained": REVIEW},
        ),
        (BASE, needs(BASE, "yaml"), {"look-alike": REVIEW, "not-in-lock": REVIEW}),
        (BASE, needs(BASE, "json"), {"invalid-name": REVIEW, "not-in-lock": REVIEW}),
        (BASE, needs(BASE, "-flask"), {"invalid-name": BLOCK}),
        (BASE, needs(BASE, "numpyy @ http://example.org/n.whl"), {"look-alike": BLOCK, "direct-reference": BLOCK}),
        (BASE, put(BASE, "pyproject.toml", "numpy>=2.0", "numpy>=3.0"), {"not-in-lock": REVIEW}),
        (BASE, {"requirements.lock": None}, {"lock-unexplained": REVIEW}),
        (BASE, {"requirements.lock": LOCKED.replace("2.2.0", "2.0.0")}, {"lock-unexplained": REVIEW}),
        (BASE, {"requirements.lock": LOCKED.replace("sha256:" + "a" * 64, "md5:" + "a" * 32)}, {"hash-removed": BLOCK}),
        (BASE, {"requirements.lock": LOCKED + "scipy==1.14.1\n"}, {"hash-removed": BLOCK, "lock-unexplained": REVIEW}),
        (
            BASE,
            {"requirements.lock": f"--index-url {MIRROR}\n{LOCKED}"},
            {"new-index": REVIEW},
        ),
        (BASE, {"pip.conf": "[global]\ntrusted-host = example.org\n"}, {"new-index": BLOCK}),
        (BASE, {"uv.toml": 'extra-index-url = ["https://example.org/simple"]\n'}, {"new-index": REVIEW}),
        (BASE, {"shop.pth": "import os; os.system('x')\n"}, {"install-hook": BLOCK}),
        (BASE, {"shop.pth": "lib\n"}, {"install-hook": REVIEW}),
        (BASE, {"setup.py": "import base64\nexec(base64.b64decode('eA=='))\n"}, {"install-hook": BLOCK}),
        (BASE, {"setup.py": "from setuptools import setup\nsetup()\n"}, {"install-hook": NOTE}),
        (
            BASE,
            put(
                BASE,
                "pyproject.toml",
                "[project.scripts]",
                '[project.entry-points.pytest11]\nx = "shop.x"\n[project.scripts]',
            ),
            {"entry-point": REVIEW},
        ),
        (
            BASE,
            {"shop/more.py": "try:\n    import scipy\nexcept ImportError:\n    scipy = None\n"},
            {"undeclared-import": NOTE},
        ),
        (BASE, {"shop/more.py": "def f():\n    import scipy.stats\n"}, {"undeclared-import": REVIEW}),
        (
            POETRY,
            put(POETRY, "pyproject.toml", 'flask = "^3.0"', 'flask = "^3.0"\nhttpx = "^0.28"'),
            {"not-in-lock": REVIEW},
        ),
        (
            POETRY,
            put(POETRY, "pyproject.toml", 'flask = "^3.0"', 'flask = {git = "https://github.com/pallets/flask.git"}'),
            {"direct-reference": REVIEW},
        ),
        (
            POETRY,
            put(
                POETRY,
                "pyproject.toml",
                "[build-system]",
                '[[tool.poetry.source]]\nname = "x"\nurl = "https://x.io/simple"\n[build-system]',
            ),
            {"new-index": REVIEW},
        ),
        (
            POETRY,
            put(POETRY, "pyproject.toml", "[build-system]", '[tool.poetry.build]\nscript = "build.py"\n[build-system]'),
            {"install-hook": REVIEW},
        ),
        (POETRY, put(POETRY, "poetry.lock", A, C), {"hash-changed": BLOCK}),
        (
            POETRY,
            put(POETRY, "poetry.lock", f'    {{file = "flask-3.0.3-py3-none-any.whl", hash = "{A}"}},\n', ""),
            {"hash-removed": BLOCK},
        ),
        (
            POETRY,
            put(
                POETRY,
                "poetry.lock",
                "[metadata]",
                f'[[package]]\nname = "evil"\nversion = "1"\nfiles = [{{file = "e", hash = "{C}"}}]\n\n[metadata]',
            ),
            {"lock-unexplained": REVIEW},
        ),
        (POETRY, {"shop/a.py": "import pytest\n"}, {"undeclared-import": REVIEW}),
        (POETRY, {"poetry.lock": "[[package]\n"}, {"unreadable": BLOCK}),
        (PLAIN, put(PLAIN, "requirements.txt", "flask==3.0.3", "flask"), {"unpinned": REVIEW}),
        (PLAIN, put(PLAIN, "requirements.txt", "flask==3.0.3", "flask==3.0.3\nrich"), {"unpinned": REVIEW}),
        (PLAIN, put(PLAIN, "requirements/extra.txt", "gunicorn", "gunicorrn==1.0\ngunicorn"), {"look-alike": BLOCK}),
        (PLAIN, put(PLAIN, "requirements.txt", "flask", "fast-vector-rank==1.0\nflask"), {"unknown-name": REVIEW}),
        (
            PLAIN,
            put(PLAIN, "requirements.txt", "flask", "-e git+http://example.org/x.git#egg=x\nflask"),
            {"direct-reference": BLOCK},
        ),
        (PLAIN, put(PLAIN, "requirements.txt", "flask", "-f https://example.org/wheels\nflask"), {"new-index": REVIEW}),
        (PLAIN, {"app.py": "import flask\nimport requests\n"}, {"undeclared-import": REVIEW}),
        (PLAIN, {"app.py": "import flask\nimport pytest\n"}, {"undeclared-import": REVIEW}),
        (SETUP, put(SETUP, "setup.py", '"click"', '"click", "panads"'), {"look-alike": BLOCK}),
        (
            SETUP,
            put(SETUP, "setup.py", 'name="shop",', 'name="shop",\n    cmdclass={"install": object},'),
            {"install-hook": REVIEW},
        ),
        (
            SETUP,
            put(
                SETUP,
                "setup.py",
                "setup(",
                'import urllib.request\nurllib.request.urlopen("https://example.org")\nsetup(',
            ),
            {"install-hook": REVIEW},
        ),
        (
            SETUP,
            put(
                SETUP,
                "setup.py",
                'name="shop",',
                'name="shop",\n    entry_points={"console_scripts": ["pip = shop:x"]},',
            ),
            {"entry-point": BLOCK},
        ),
        (SETUP, {"shop/a.py": "import pandas\n"}, {"undeclared-import": REVIEW}),
        (SETUP, {"setup.py": "def (\n"}, {"unreadable": BLOCK}),
        (SETUP, put(SETUP, "setup.py", '["numpy>=1.26", "click"]', "open('r').read().split()"), {"unreadable": REVIEW}),
        (UV, put(UV, "uv.lock", 'editable = "."', 'editable = "../other"'), {"direct-reference": REVIEW}),
        (
            UV,
            put(
                UV,
                "pyproject.toml",
                "[dependency-groups]",
                '[tool.uv.sources]\nhttpx = { path = "../httpx" }\n[dependency-groups]',
            ),
            {"direct-reference": REVIEW},
        ),
        (
            UV,
            put(
                UV,
                "uv.lock",
                f'registry = "{PUBLIC}"',
                f'registry = "{MIRROR.replace("https", "http")}"',
            ),
            {"new-index": BLOCK},
        ),
        (
            UV,
            put(UV, "uv.lock", f'    {{ url = "https://files.pythonhosted.org/x.whl", hash = "{A}" }},\n', ""),
            {"hash-removed": BLOCK},
        ),
        (
            {"environment.yml": "dependencies:\n  - numpy=2.0\n"},
            {"environment.yml": "channels:\n  - evil\ndependencies:\n  - numpy=2.0\n  - pip:\n    - reqeusts\n"},
            {"new-index": REVIEW, "look-alike": BLOCK},
        ),
        (
            {"Pipfile": '[packages]\nflask = "==3.0.3"\n'},
            {"Pipfile": '[packages]\nflask = "==3.0.3"\nx = {git = "https://example.org/x"}\n'},
            {"direct-reference": REVIEW},
        ),
        (
            {"setup.cfg": "[options]\ninstall_requires =\n    numpy\n"},
            {"setup.cfg": "[options]\ninstall_requires =\n    numpy\n    panads\n"},
            {"look-alike": BLOCK},
        ),
    ],
)
def test_a_bad_change_is_found_by_its_rule(
    tmp_path: Path, base: Mapping[str, str], head: Edit, expected: Mapping[str, Severity]
) -> None:
    assert severities(tmp_path, base, head) == expected


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (BASE, {"requirements.lock": LOCKED.replace(f"2.1.0 --hash={A}", f"2.1.1 --hash={C} --hash={B}")}),
        (
            BASE,
            put(BASE, "pyproject.toml", '    "pandas>=2.2",\n', "")
            | {"requirements.lock": LOCKED.split("\n")[0] + "\n"},
        ),
        (
            BASE,
            put(
                BASE,
                "pyproject.toml",
                '    "pandas>=2.2",\n]',
                ']\n[project.optional-dependencies]\nframes = ["pandas>=2.2"]',
            ),
        ),
        (BASE, put(BASE, "pyproject.toml", "numpy>=2.0", "numpy>=2.1")),
        (BASE, needs(BASE, "shop[frames]")),
        (BASE, needs(BASE, "SciPy>=1.14") | {"requirements.lock": LOCKED + f"scipy==1.14.1 --hash={C}\n"}),
        (BASE, {"deploy/requirements.txt": f"--index-url {PUBLIC}\n" + BASE["deploy/requirements.txt"]}),
        (BASE, {"deploy/requirements.txt": "-e ..\n" + BASE["deploy/requirements.txt"]}),
        (
            BASE,
            {
                "tests/fixtures/requirements.txt": "reqeusts\n",
                "shop/more.py": "from shop import rank\nfrom . import rank\n",
            },
        ),
        (
            BASE,
            {
                "scripts/run.py": "import helper\nimport shop\nimport tomllib\n",
                "scripts/helper.py": "import distutils\n",
            },
        ),
        (BASE, {"shop/more.py": "import pandas\nimport numpy.linalg\n"}),
        (POETRY, {"shop/a.py": "from flask import Flask\n", "tests/test_a.py": "import pytest\n"}),
        (PLAIN, put(PLAIN, "requirements.txt", "flask==3.0.3", "flask==3.1.0\nrequests==2.32.3")),
        (PLAIN, {"app.py": "import flask, yaml, gunicorn\n"}),
        (PLAIN, {"requirements.txt": PLAIN["requirements.txt"].replace("PyYAML", "pyyaml"), "README.md": "x\n"}),
        (
            SETUP,
            put(SETUP, "setup.py", '"numpy>=1.26"', '"numpy>=1.26", "opencv-python"') | {"shop/a.py": "import cv2\n"},
        ),
        (UV, put(UV, "pyproject.toml", '"ruff"', '"ruff>=0.9"')),
        (UV, {"shop/a.py": "import httpx\n", "noxfile.py": "import pytest\n"}),
        ({"app.py": ""}, {"app.py": "import requests\n"}),
        (
            {"environment.yml": "dependencies:\n  - numpy=2.0\n"},
            {"environment.yml": "channels:\n  - conda-forge\ndependencies:\n  - numpy=2.1\n"},
        ),
    ],
)
def test_an_honest_change_is_no_finding(tmp_path: Path, base: Mapping[str, str], head: Edit) -> None:
    assert {rule: s for rule, s in severities(tmp_path, base, head).items() if s is not NOTE} == {}


def test_one_of_several_locks_is_enough(tmp_path: Path) -> None:
    both = BASE | {"requirements-all.lock": LOCKED + f"scipy==1.14.1 --hash={C}\n"}
    locked = {"requirements.lock": LOCKED + f"pillow==11.0 --hash={C}\n"}
    assert severities(tmp_path, both, {**needs(both, "pillow>=11"), **locked}) == {}
    assert severities(tmp_path, both, needs(both, "pillow>=11")) == {"not-in-lock": REVIEW}


def test_old_debt_is_not_found_again(tmp_path: Path) -> None:
    old = {
        "shop/__init__.py": "import scipy\n",
        "requirements.txt": "reqeusts\nflask==1.0\n-f http://example.org/wheels\nx @ git+http://example.org/x.git\n",
        "setup.py": "import os\nos.system('ls')\n",
    }
    new = {path: text + "\n# a comment\n" for path, text in old.items()} | {"shop/b.py": "import scipy\n"}
    assert severities(tmp_path, old, new) == {}


def test_an_allowed_name_may_come_in(tmp_path: Path) -> None:
    allow = BASE | {"guardrails.toml": 'schema = 1\n[dependencies]\nallow = ["Fast_Vector-Rank"]\n'}
    assert "unknown-name" not in severities(tmp_path, allow, needs(allow, "fast-vector-rank"))
    assert "unknown-name" in severities(tmp_path, BASE, needs(BASE, "fast-vector-rank"))


def test_credentials_in_an_address_are_not_shown(tmp_path: Path) -> None:
    secret = MIRROR.replace("//", "//bob:hunter2x@")
    head = {"deploy/requirements.txt": f"--index-url {secret}\n-e git+https://t0ken@example.org/x.git\n"}
    told = str(judge(DependenciesGate(), tmp_path, BASE, head).findings)
    assert "new-index" in told
    assert "direct-reference" in told
    assert "hunter2x" not in told
    assert "t0ken" not in told


def test_the_work_is_what_the_change_touches(tmp_path: Path) -> None:
    out = judge(DependenciesGate(), tmp_path, BASE, needs(BASE, "scipy"))
    assert out.work == {"files": 1, "manifests": 3, "imports": 0}
    assert out.floor == {"files": 1, "manifests": 1, "imports": 0}
    assert judged("dependencies", out, 0.0).status is GateStatus.FAILED
