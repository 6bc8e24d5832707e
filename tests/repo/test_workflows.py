"""The workflows of the forge: what is privileged believes nothing that a change can write."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from guardrails.cli.adoption import workflows
from guardrails.cli.adoption.looking import look
from tests.adopted_projects import KINDS
from tests.workflow_steps import COMMENT, GATE, ROOT, WORKFLOWS, run, scripts

GITLAB = ROOT / "docs/forge/guardrails.gitlab-ci.yml"
# A name out of the file itself; anything else that an expression pastes into a script may be a script.
_HARMLESS = {"matrix.python-version"}


def pasted(script: str) -> set[str]:
    """What expressions paste into a script, but for the harmless."""
    return set(re.findall(r"\$\{\{\s*(.*?)\s*\}\}", script)) - _HARMLESS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_script(path: Path) -> None:
    assert {name: found for name, script in scripts(path).items() if (found := pasted(script))} == {}
    assert scripts(path)
    assert pasted("git checkout ${{ github.event.workflow_run.head_branch }}") != set()


def test_the_privileged_half_neither_checks_out_the_head_nor_takes_more_than_it_needs() -> None:
    text = COMMENT.read_text()
    assert "ref:" not in text
    assert "pull_request_target" not in text
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert re.findall(r"^ +([a-z-]+): write$", text, re.MULTILINE) == ["pull-requests"]


def test_the_half_that_runs_the_heads_code_may_write_nothing() -> None:
    judge = GATE.read_text().partition("  publish:")[0]
    assert "write" not in re.sub(r"#.*", "", judge)
    assert "secrets." not in judge


def test_an_artifact_is_never_unpacked_where_something_may_be_written() -> None:
    text = COMMENT.read_text()
    assert "unzip -p " in text
    assert not re.search(r"gh run download|download-artifact|unzip (?!-p )", text)


def valid(kind: str, files: list[Path]) -> tuple[bool, str]:
    """Whether files are what a vendored schema of the forge says, and what is said of them."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_workflows_and_the_template_are_what_the_forges_take(tmp_path: Path) -> None:
    assert valid("github-workflows", WORKFLOWS) == (True, "ok -- validation done\n")
    assert valid("gitlab-ci", [GITLAB]) == (True, "ok -- validation done\n")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(GATE.read_text().replace("runs-on:", "runs_on:"))
    assert not valid("github-workflows", [wrong])[0]
    wrong.write_text(GITLAB.read_text().replace("stage: test", "stage: {a: b}"))
    assert not valid("gitlab-ci", [wrong])[0]


@pytest.mark.parametrize(
    ("status", "review", "merges"),
    [
        ("0", "skipped", True),
        ("3", "success", True),
        ("3", "failure", False),
        ("3", "skipped", False),
        ("3", "cancelled", False),
        ("1", "skipped", False),
        ("2", "skipped", False),
        ("", "skipped", False),
        ("0", "success", False),
        ("0\n3", "skipped", False),
    ],
)
def test_the_required_check_lets_through_what_passed_and_what_a_person_let_through(
    status: str, review: str, merges: bool, tmp_path: Path
) -> None:
    (script,) = scripts(GATE, "verdict").values()
    done = run(script, tmp_path, {"STATUS": status, "REVIEW": review})
    assert (done.status == 0) is merges


@pytest.mark.parametrize(("target", "base"), [("cafe", "cafe"), ("", "beef")])
def test_a_merge_train_is_judged_against_the_branch_that_it_is_merged_into(
    target: str, base: str, tmp_path: Path
) -> None:
    line = yaml.safe_load(GITLAB.read_text())["guardrails"]["script"][0]
    known = {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": target, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "beef"}
    assert run(f'{line}; echo "base=$BASE" >> "$GITHUB_OUTPUT"', tmp_path, known).outputs == {"base": base}


@pytest.mark.slow
def test_what_is_written_for_others_is_what_the_forges_take_too(tmp_path: Path) -> None:
    files = KINDS["service"].files
    found, made = look(files, files.get), []
    for name in workflows.GITHUB:
        template = (ROOT / "guardrails/cli/templates" / name).read_text()
        path = tmp_path / name
        path.write_text(workflows.github(template, found, version="1.0", branch="a]b"))
        made.append(path)
    assert valid("github-workflows", made) == (True, "ok -- validation done\n")
    path = tmp_path / "gitlab.yml"
    path.write_text(workflows.gitlab(GITLAB.read_text(), found, version="1.0"))
    assert valid("gitlab-ci", [path]) == (True, "ok -- validation done\n")
