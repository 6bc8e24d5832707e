"""The steps of this repository's workflows, to run their scripts for real."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
GATE, COMMENT = ROOT / ".github/workflows/gate.yml", ROOT / ".github/workflows/comment.yml"


@dataclass(frozen=True)
class Done:
    """What came of a script: its exit status, what it said, and what it left for later steps."""

    status: int
    said: str
    outputs: Mapping[str, str]
    summary: str


def scripts(path: Path, job: str = "") -> dict[str, str]:
    """The scripts of a workflow (of one job), by the name of their step or, without one, by their first line."""
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    steps = [step for name, each in jobs.items() if job in ("", name) for step in each["steps"] if "run" in step]
    return {step.get("name") or step["run"].split("\n")[0]: step["run"] for step in steps}


def run(script: str, directory: Path, environment: Mapping[str, str]) -> Done:
    """Run a script as the forge's runner does, in a directory that is on the path."""
    files = {name: directory / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    told = {"PATH": f"{directory}:{os.environ['PATH']}", "RUNNER_TEMP": str(directory / "temp")}
    (directory / "temp").mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env={**told, **{name: str(file) for name, file in files.items()}, **environment},
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    lines = files["GITHUB_OUTPUT"].read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    return Done(
        done.returncode, done.stdout.decode(errors="replace"), outputs, files["GITHUB_STEP_SUMMARY"].read_text()
    )
