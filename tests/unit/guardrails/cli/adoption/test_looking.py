"""What is seen in a repository, and the policy and workflows that are made of it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from guardrails import config
from guardrails.cli.adoption import workflows
from guardrails.cli.adoption.looking import Found, look
from guardrails.cli.adoption.policy_text import policy_text
from guardrails.model.paths import matches
from tests.adopted_projects import KINDS, LIBRARY, NOTEBOOKS, SERVICE

ROOT = Path(__file__).resolve().parents[5]


def seen(files: Mapping[str, str]) -> Found:
    return look(files, files.get)


def test_a_library_with_a_src_layout() -> None:
    found = seen(LIBRARY)
    assert (found.packages, found.source_root, found.tests, found.runner) == (("tally",), "src", ("tests",), "pytest")
    assert found.linters == dict.fromkeys(("ruff", "mypy", "import-linter"), "pyproject.toml")
    assert found.forges == ("github",)
    assert found.installable
    policy = config.parse(policy_text(found), "x")
    assert policy.environment.path == ("src", ".")
    assert policy.layers.config == "pyproject.toml"
    assert "ruff is not configured" not in policy_text(found)


def test_a_service_laid_out_as_django_has_it() -> None:
    found = seen(SERVICE)
    assert found.packages == ("catalog", "orders", "shop")
    assert found.tests == ("catalog", "orders")
    assert (found.forges, found.pre_commit, found.requirements) == (("gitlab",), True, ("requirements.txt",))
    assert found.service is not None
    assert found.service.command[1] == "manage.py"
    assert found.settings_module == "shop.settings"
    policy = config.parse(policy_text(found), "x")
    for path in ("catalog/tests.py", "orders/tests/helpers.py", "orders/tests/test_total.py"):
        assert matches(path, policy.project.judges)
    assert not matches("catalog/models.py", policy.project.judges)
    assert matches("catalog/tests.py", policy.tampering.tests)
    assert "flake8 is yours to run" in policy_text(found)


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"a/__init__.py": "", "a/tests.py": ""}, ("a/tests.py",)),
        ({"a/__init__.py": "", "a/tests.py": "", "pytest.ini": "[pytest]\npython_files = tests.py\n"}, ("a",)),
        ({"src/a/__init__.py": "", "src/a/b/test_c.py": ""}, ("src/a",)),
        ({"a/__init__.py": "", "tests/unit/test_c.py": "", "it/test/test_d.py": ""}, ("it/test", "tests")),
        ({"a.py": "", "test_a.py": "", "tests/test_b.py": ""}, (".",)),
        ({"a.py": "", "jobs/test_a.py": ""}, ("jobs",)),
    ],
)
def test_where_tests_lie(files: dict[str, str], places: tuple[str, ...]) -> None:
    found = seen(files)
    assert found.tests == places
    judges = config.parse(policy_text(found), "x").project.judges
    assert [path for path in found.test_files if not matches(path, judges)] == []
    assert not matches("src/a/__init__.py", judges)


def test_notebooks_and_scripts() -> None:
    found = seen(NOTEBOOKS)
    assert (found.packages, found.tests, found.notebooks, found.data) == ((), (), 1, ("data",))
    assert found.scripts == ("clean.py", "scripts/plot.py")
    assert {"**/*.ipynb", "data/**"} <= set(config.parse(policy_text(found), "x").scope.generated)


@pytest.mark.parametrize(
    ("files", "kind", "part"),
    [
        ({"shop/app.py": "app = FastAPI(title='x')\n"}, "uvicorn", "shop.app:app"),
        ({"src/shop/__init__.py": "", "src/shop/web.py": "api: Any = web.Starlette()\n"}, "uvicorn", "shop.web:api"),
        ({"app.py": "app = Flask(__name__)\n"}, "flask", "app:app"),
    ],
)
def test_a_service_is_found_by_what_makes_it(files: dict[str, str], kind: str, part: str) -> None:
    service = seen(files).service
    assert service is not None
    assert service.kind == kind
    assert part in service.command


def test_a_service_that_only_a_test_makes_is_none() -> None:
    assert seen({"test_app.py": "app = FastAPI()\n", "shop.py": ""}).service is None


def test_pacts_and_their_provider() -> None:
    pact = json.dumps({"consumer": {"name": "c"}, "provider": {"name": "p"}})
    found = seen({"it/pacts/c-p.json": pact, "it/pacts/broken.json": "{", "a.py": ""})
    assert (found.pacts, found.providers) == ("it/pacts", ("p",))
    assert '# provider = "p"' in policy_text(found)


@pytest.mark.parametrize(
    ("files", "runner"),
    [
        ({"test_a.py": "import unittest\n"}, "unittest"),
        ({"test_a.py": "def test_a(): ...\n"}, "pytest"),
        ({"test_a.py": "import unittest\n", "pytest.ini": "[pytest]\n"}, "pytest"),
        ({"manage.py": "", "a/tests.py": "from django.test import TestCase\n"}, "django"),
        ({"a.py": ""}, ""),
    ],
)
def test_what_runs_the_tests(files: dict[str, str], runner: str) -> None:
    assert seen(files).runner == runner


@pytest.mark.parametrize("name", KINDS)
def test_every_proposal_of_the_policy_is_one_that_can_be_read(name: str) -> None:
    """Uncommented, each table that is only proposed holds known keys."""
    lines = policy_text(seen(KINDS[name].files), default_branch="trunk").splitlines()
    settings = ("# [", "# python =", "# targets =", "# paths =", "# locustfile =", "# command =", "# ready_path =")
    more = ("# allowed_signers =", "# agents =", "# requests =", "# mode =", "# minimum =", "# workers =")
    text = "\n".join(line.removeprefix("# ") if line.startswith((*settings, *more)) else line for line in lines)
    policy = config.parse(text, "x")
    assert policy.default_branch == "trunk"
    assert (policy.approvals.allowed_signers, policy.approvals.agents) == ("allowed_signers", ("bot@example.org",))


def test_what_is_installed_elsewhere_is_not_the_project() -> None:
    assert seen({".venv/lib/x/__init__.py": "", "a.py": ""}).python_files == 1


@pytest.mark.parametrize("name", ["gate.yml", "comment.yml"])
def test_the_workflow_for_others_is_ours_with_another_installation(name: str) -> None:
    template = (ROOT / "guardrails/cli/templates" / name).read_text()
    assert template == (ROOT / ".github/workflows" / name).read_text()
    text = workflows.github(template, seen(LIBRARY), version="9.8", branch="trunk")
    assert "make setup" not in text
    assert ".venv/bin/guardrails" not in text
    assert "recsys-guardrails[contracts,load]==9.8" in text
    assert (".venv/bin/pip install --quiet -e ." in text) is (name == "gate.yml")
    assert ("branches: [trunk]" in text) is (name == "gate.yml")


def test_the_job_for_gitlab_is_ours_and_installs_the_base() -> None:
    template = (ROOT / "guardrails/cli/templates/guardrails.gitlab-ci.yml").read_text()
    assert template == (ROOT / "docs/forge/guardrails.gitlab-ci.yml").read_text()
    text = workflows.gitlab(template, seen(SERVICE), version="9.8")
    assert text.index("git checkout") < text.index("-r requirements.txt") < text.index("guardrails check")


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_for_a_forge_is_yaml_with_the_same_jobs(name: str) -> None:
    found, templates = seen(KINDS[name].files), ROOT / "guardrails/cli/templates"
    for path in workflows.GITHUB:
        template = (templates / path).read_text()
        made = yaml.safe_load(workflows.github(template, found, version="1", branch="feature/[x]"))
        assert made["jobs"].keys() == yaml.safe_load(template)["jobs"].keys()
    template = (templates / "guardrails.gitlab-ci.yml").read_text()
    made = yaml.safe_load(workflows.gitlab(template, found, version="1"))
    assert made["guardrails"].keys() == yaml.safe_load(template)["guardrails"].keys()
    assert isinstance(yaml.safe_load(f"repos:\n{workflows.PRE_COMMIT}")["repos"][0]["hooks"], list)


def test_a_branch_with_an_odd_name_is_quoted() -> None:
    template = "branches: [main]"
    assert workflows.github(template, seen(LIBRARY), version="1", branch="a]b") == 'branches: ["a]b"]'
