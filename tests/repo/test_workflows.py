"""The workflows of the forge: what is privileged believes nothing that a change can write."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from guardrails.report.comment import MARKER

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
COMMENT = ROOT / ".github/workflows/comment.yml"
# A number and a name out of the file itself; anything else that an expression pastes into a script may be a script.
_HARMLESS = {"github.event.pull_request.number", "matrix.python-version"}


def scripts(text: str) -> dict[str, str]:
    """The scripts of a workflow, by the name of their step or, without one, by their first line."""
    found = {}
    for step in re.split(r"\n(?= *- )", text):
        name = re.search(r"- name: (.*)", step)
        if block := re.search(r"^( *)(?:- )?run: \|\n((?:\1  .*\n?|\n)+)", step, re.MULTILINE):
            script = textwrap.dedent(block[2])
        elif line := re.search(r"run: ([^|\n].*)", step):
            script = line[1]
        else:
            continue
        found[name[1] if name else script.split("\n")[0]] = script
    return found


def pasted(script: str) -> set[str]:
    """What expressions paste into a script, but for the harmless."""
    return set(re.findall(r"\$\{\{\s*(.*?)\s*\}\}", script)) - _HARMLESS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_script(path: Path) -> None:
    assert {name: found for name, script in scripts(path.read_text()).items() if (found := pasted(script))} == {}
    assert scripts(path.read_text())
    assert pasted("git checkout ${{ github.event.workflow_run.head_branch }}") != set()


def test_the_privileged_half_neither_checks_out_the_head_nor_takes_more_than_it_needs() -> None:
    text = COMMENT.read_text()
    assert "ref:" not in text
    assert "pull_request_target" not in text
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert re.findall(r"^ +([a-z-]+): write$", text, re.MULTILINE) == ["pull-requests"]


def test_the_half_that_runs_the_heads_code_may_write_nothing() -> None:
    judge = (ROOT / ".github/workflows/gate.yml").read_text().partition("  publish:")[0]
    assert "write" not in re.sub(r"#.*", "", judge)
    assert "secrets." not in judge


FORGE = """#!/bin/bash
printf '%s ' "$@" >> "$LOG"; echo >> "$LOG"
case "$*" in
  *--method\\ GET*/pulls*) echo "$FOUND" ;;
  *--paginate*/comments*) echo "$THERE" ;;
esac
"""


def play(step: str, directory: Path, **environment: str) -> tuple[int, str, str]:
    """Run a step with a forge of our own: its status, what it wrote for later steps, and what it asked the forge."""
    forge = directory / "gh"
    forge.write_text(FORGE)
    forge.chmod(0o755)
    for name in ("log", "out"):
        (directory / name).write_text("")
    given = {
        "PATH": f"{directory}:{os.environ['PATH']}",
        "LOG": str(directory / "log"),
        "GITHUB_OUTPUT": str(directory / "out"),
        "RUNNER_TEMP": str(directory),
        "REPO": "org/shop",
        "SHA": "a" * 40,
        "OWNER": "someone",
        "BRANCH": "x; touch pwned; $(touch pwned)",
        "NUMBER": "7",
    }
    script = scripts(COMMENT.read_text())[step]
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env=given | environment,
        cwd=directory,
        capture_output=True,
        check=False,
    )
    return done.returncode, (directory / "out").read_text(), (directory / "log").read_text()


@pytest.mark.parametrize(("answer", "number"), [("41", "number=41\n"), ("", ""), ("41; rm -rf /", "")])
def test_the_pull_request_is_asked_of_the_forge(answer: str, number: str, tmp_path: Path) -> None:
    status, output, asked = play("Find the open pull request whose head this is", tmp_path, FOUND=answer)
    assert (status, output) == (0, number)
    assert "head=someone:x; touch pwned; $(touch pwned)" in asked
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("there", "method"),
    [("99", "PATCH repos/org/shop/issues/comments/99"), ("", "POST repos/org/shop/issues/7/comments")],
)
def test_the_comment_is_replaced_where_there_is_one(there: str, method: str, tmp_path: Path) -> None:
    status, _, asked = play("Write the comment, or replace the one that is there", tmp_path, THERE=there)
    assert status == 0
    assert method in asked
    assert asked.count("--method") == 1
    assert MARKER in COMMENT.read_text()
