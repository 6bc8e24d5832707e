"""Every form in which a repository declares packages is read."""

from collections.abc import Callable

import pytest

from guardrails.analysis.dependencies import older, pyproject, requirements
from guardrails.analysis.dependencies.declared import Declared
from guardrails.analysis.dependencies.importable import offered


def names(found: Declared) -> dict[str, str]:
    return {one.name: one.group for one in found.requirements}


def test_requirements_files() -> None:
    text = (
        "# comment\nFlask[async]==3.0 ; python_version > '3'  # why\n-r sub/more.txt\n-c ../limits.txt\n-rbase.txt\n"
        "requests==2.0 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n-i https://example.org/simple\n"
        "--find-links=wheels\n-e git+https://example.org/x.git#egg=X_y\nhttps://example.org/z.whl\n"
    )
    found, others = requirements.parse("deploy/requirements.txt", text)
    assert names(found) == {"flask": "runtime", "requests": "runtime", "x-y": "runtime"}
    assert others == ["deploy/sub/more.txt", "limits.txt", "deploy/base.txt"]
    assert found.requirements[1].hashes == {"sha256:aa", "sha256:bb"}
    assert found.requirements[1].line == 6
    assert [o.address for o in found.indexes] == ["https://example.org/simple", "wheels"]
    assert len(found.direct) == 2


def test_pyproject_of_every_tool() -> None:
    text = """
[build-system]
requires = ["hatchling"]
[project]
name = "Shop"
dependencies = ["numpy>=2"]
[project.optional-dependencies]
dev = ["shop[fast]"]
fast = ["numba"]
[dependency-groups]
test = ["pytest", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3"
local = {path = "../local"}
[tool.poetry.group.lint.dependencies]
ruff = "*"
[tool.uv]
dev-dependencies = ["tox"]
[tool.uv.sources]
numpy = {git = "https://example.org/numpy", rev = "1"}
shop = {workspace = true}
[tool.pdm.dev-dependencies]
doc = ["sphinx"]
[tool.hatch.envs.default]
dependencies = ["nox"]
"""
    found = pyproject.parse("pyproject.toml", text)
    assert names(found) == {
        "hatchling": "build",
        "numpy": "runtime",
        "shop": "extra:dev",
        "numba": "extra:fast",
        "pytest": "group:test",
        "flask": "runtime",
        "local": "runtime",
        "ruff": "group:lint",
        "tox": "group:dev",
        "sphinx": "group:doc",
        "nox": "group:default",
    }
    assert found.own == {"shop"}
    assert {(o.name, o.address) for o in found.direct} == {
        ("local", "../local"),
        ("numpy", "https://example.org/numpy@1"),
    }
    assert {r.name for r in found.requirements if r.development} == {"shop", "pytest", "ruff", "tox", "sphinx", "nox"}


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (
            older.setup_cfg,
            (
                "[metadata]\nname = shop\n[options]\ninstall_requires =\n    numpy\n    x @ https://example.org/x\n"
                "[options.extras_require]\ntest =\n    pytest>=8\n"
            ),
            {"numpy": "runtime", "x": "runtime", "pytest": "extra:test"},
        ),
        (
            older.setup_py,
            "BASE = ['numpy']\nsetup(install_requires=BASE, extras_require={'dev': ['tox']})\n",
            {"numpy": "runtime", "tox": "extra:dev"},
        ),
        (
            older.pipfile,
            '[packages]\nflask = "*"\n[dev-packages]\ntox = "==4"\n',
            {"flask": "runtime", "tox": "group:dev"},
        ),
        (
            older.environment_yml,
            (
                "name: x\nchannels:\n  - defaults\ndependencies:\n  - python=3.11\n  - conda-forge::numpy=2.0=py\n"
                "  - pip:\n    - flask==3\n  - scipy\n"
            ),
            {"numpy": "runtime", "flask": "runtime", "scipy": "runtime"},
        ),
    ],
)
def test_older_forms(read: Callable[[str, str], Declared], text: str, expected: dict[str, str]) -> None:
    assert names(read("f", text)) == expected


def test_what_is_computed_makes_the_list_open() -> None:
    assert older.setup_py("setup.py", "setup(install_requires=open('r').read().split())\n").open
    assert older.setup_py("setup.py", "setup(**options)\n").open
    assert older.setup_cfg("setup.cfg", "[options]\ninstall_requires = file: r.txt\n").open
    assert pyproject.parse("p", '[project]\nname = "x"\ndynamic = ["dependencies"]\n').open
    assert not older.setup_py("setup.py", "setup(install_requires=['numpy'])\n").open


@pytest.mark.parametrize("text", ["[project", "[project]\ndependencies = 3\n", "[tool]\nuv = 3\n"])
def test_a_pyproject_that_cannot_be_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pyproject.parse("pyproject.toml", text)


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("yaml", "pyyaml"), ("cv2", "opencv-python-headless"), ("sklearn", "scikit-learn"), ("PIL", "pillow"),
        ("dateutil", "python-dateutil"), ("attr", "attrs"), ("google", "google-cloud-storage"), ("jwt", "pyjwt"),
        ("typing_extensions", "typing-extensions"), ("nats", "nats-py"), ("ruamel", "ruamel-yaml"),
    ],
)  # fmt: skip
def test_an_import_name_is_offered_by_its_distribution(module: str, distribution: str) -> None:
    assert offered(module, {distribution})
    assert not offered(module, {"flask", "left-pad"})
