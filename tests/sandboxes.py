"""Runs of untrusted code in each sandbox that works here, for the tests that try to get out."""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.sandbox.choice import BUBBLEWRAP, LANDLOCK, NAMESPACES, Sandbox, backend
from guardrails.adapters.sandbox.limits import Limits
from guardrails.ports import Command, Completed, Confinement

WAYS = (BUBBLEWRAP, NAMESPACES, LANDLOCK)
SEPARATE = (BUBBLEWRAP, NAMESPACES)
REPORT = """
import json, os, socket, sys
found = {}
def attempt(name, work):
    try:
        found[name] = work()
    except BaseException as error:
        found[name] = f"{type(error).__name__}: {error}"
"""


def require(way: str) -> None:
    """Skip the test, loudly, where a backend does not work."""
    if backend((way,), os.environ["PATH"]).name != way:
        pytest.skip(
            f"THE SANDBOX '{way}' DOES NOT WORK HERE, so no escape from it was tried. bubblewrap: apt-get install "
            "bubblewrap; Landlock: Linux 6.2 or later; namespaces: allow user namespaces."
        )


def alive(word: str) -> list[str]:
    """The processes in whose command line a word stands, this one left out."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if word.encode() in place.read_bytes() and place.parent.name != str(os.getpid()):
                found.append(place.parent.name)
    return found


@dataclass(frozen=True)
class Cell:
    """A sandbox around `work`, beside things that must stay as they are."""

    way: str
    root: Path
    limits: Limits
    required: bool = True

    @property
    def work(self) -> Path:
        """The one directory that a run may write to."""
        return self.root / "cache" / "scratch" / "mine"

    def sandbox(self) -> Sandbox:
        """The sandbox of one check."""
        places = (self.root / "home", self.root / "cache")
        path = os.environ["PATH"]
        return Sandbox(self.limits, self.root / "repo", places, (), self.required, (self.way,), path)

    def runner(self, caller: Mapping[str, str] = os.environ) -> ProcessRunner:
        """Programs in the sandbox."""
        return ProcessRunner(self.root / "runs", caller, None, self.sandbox())

    def run(self, code: str, timeout: float = 60, **env: str) -> Completed:
        """Run a piece of Python that is not trusted."""
        command = Command((sys.executable, "-c", code), self.work, env, timeout, confined=Confinement((self.work,)))
        return self.runner().run(command)

    def report(self, code: str, **env: str) -> dict[str, object]:
        """What a piece of Python found out with `attempt`."""
        done = self.run(f"{REPORT}\n{code}\nprint(json.dumps(found))", **env)
        assert done.exit_code == 0, (done.exit_code, done.stdout, done.stderr)
        answer: dict[str, object] = json.loads(done.stdout)
        return answer


def cell(root: Path, way: str, *, required: bool = True, **limits: int) -> Cell:
    """A cell below `root`, which is filled with a checkout, a home and a cache that hold secrets."""
    require(way)
    secrets = ("repo/.env", "repo/.git/config", "home/.aws/credentials", "cache/entries/tree/file.py")
    for name in (*secrets, "cache/scratch/other/tests.json", "cache/scratch/mine/own", "runs/.made"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("secret")
    given = {"memory_mb": 1024, "processes": 128, "file_mb": 64, **limits}
    return Cell(way, root, Limits.of(**given), required)


def contents(root: Path) -> dict[str, str]:
    """Every file below a directory but those of the run itself."""
    own = {root / "cache" / "scratch" / "mine", root / "runs"}
    files = [path for path in root.rglob("*") if path.is_file() and own.isdisjoint(path.parents)]
    return {str(path.relative_to(root)): path.read_text() for path in files}
