"""The workflows that judge changes in another repository's forge, made of this repository's own."""

import json
import re

from guardrails.cli.adoption.looking import Found

GITHUB = {"gate.yml": ".github/workflows/gate.yml", "comment.yml": ".github/workflows/comment.yml"}
"""Template to where it goes."""
GITLAB = {"guardrails.gitlab-ci.yml": ".gitlab/guardrails.gitlab-ci.yml"}
GITLAB_MAIN = ".gitlab-ci.yml"
INCLUDE = "include:\n  - local: .gitlab/guardrails.gitlab-ci.yml\n"
PRE_COMMIT = """\
  - repo: local
    hooks:
      - id: guardrails
        name: guardrails
        entry: guardrails check --profile fast --review-ok
        language: system
        pass_filenames: false
        always_run: true
        stages: [pre-push]
"""
"""What goes under `repos:` of .pre-commit-config.yaml."""

_PIP = '"$RUNNER_TEMP/guardrails/bin/pip"'
_ODD = re.compile(r"[^\w./-]|^[-.]")
_SETUP = "run: make setup"
_OWN = ".venv/bin/guardrails"


def github(template: str, found: Found, *, version: str, branch: str) -> str:
    """A workflow of this repository for another: the gate is installed, pinned, outside of the checkout."""
    gate = [
        "run: |",
        '          python -m venv "$RUNNER_TEMP/guardrails"',
        f'          {_PIP} install --quiet "recsys-guardrails[contracts,load]=={version}"',
    ]
    project = [
        "      - name: Install the project of the base, for its tests",
        "        run: |",
        "          python -m venv .venv",
        *(f"          .venv/bin/pip install --quiet {what}" for what in _project(found)),
    ]
    judging = template.replace("Install the gate of the base, from the base's lock", "Install the gate")
    judges = "      - name: Judge\n" in template
    lines = [*gate, *(project if judges else [])]
    return (
        judging.replace(_SETUP, "\n".join(lines))
        .replace(_OWN, '"$RUNNER_TEMP/guardrails/bin/guardrails"')
        .replace(
            "branches: [main]", f"branches: [{json.dumps(branch)}]" if _ODD.search(branch) else f"branches: [{branch}]"
        )
        .replace("# Judges a pull request with the gate of its base.", "# Judges a pull request with a pinned gate.")
        .replace(" docs/forge.md says more.", "")
        .replace("the gate\n# of the default branch", "the\n# pinned gate of the default branch")
    )


def gitlab(template: str, found: Found, *, version: str) -> str:
    """The template of a job for GitLab: the gate pinned, and what the tests need installed from the base."""
    project = [
        "    # What the tests need comes from the base: to install the head would run its code outside of the sandbox.",
        '    - git checkout --quiet --detach "$BASE"',
        "    - python -m venv .venv",
        *(f"    - .venv/bin/pip install --quiet {what}" for what in _project(found)),
    ]
    check = "    - >-\n      /opt/guardrails/bin/guardrails check"
    pinned = template.replace("recsys-guardrails[contracts,load]", f"recsys-guardrails[contracts,load]=={version}")
    return pinned.replace(check, "\n".join([*project, check])).replace(
        " docs/forge.md says what it may be trusted for.", ""
    )


def _project(found: Found) -> tuple[str, ...]:
    """What pip is told to install: the tests' own tools, then what the repository asks for."""
    tools = "pytest hypothesis" + (" pytest-django" if found.runner == "django" else "")
    files = tuple(f"-r {name}" for name in found.requirements if name.endswith(".txt"))
    return (tools, *files, *(("-e .",) if found.installable else ()))
