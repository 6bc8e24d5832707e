"""Gates a good and a bad agent-style change to this repository, and shows both verdicts.

    python -m benchmarks.demo

Both are made in a temporary clone. The gates that take longest are left out, so that both verdicts are there in under
two minutes; `guardrails check` runs them all.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.changes import ROOT, bad, branch, cloned, honest

LEFT_OUT = "load,mutants,behaviour,tests"
CHANGES = (
    ("a good change", "Power analysis for experiments, with tests", honest, 0),
    ("a bad change", "Speed up the takedown filter; skip a flaky test", bad, 1),
)


def judged(repo: Path, head: str) -> int:
    """Run the gate on a commit of the clone; return its exit status."""
    command = (sys.executable, "-m", "guardrails", "check", "--repo", str(repo), "--base", "base", "--head", head)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run((*command, "--skip", LEFT_OUT), env=environment, check=False).returncode


def main() -> int:
    """Show both; 0 if the verdicts are those that the changes deserve."""
    began, as_deserved = time.monotonic(), True
    with cloned() as repo:
        for title, message, edit, deserved in CHANGES:
            print(f"\n{'=' * 100}\n{title}: {message!r}\n{'=' * 100}", flush=True)
            status = judged(repo, branch(repo, title.split()[1], message, edit))
            as_deserved &= status == deserved
    print(f"\nboth verdicts in {time.monotonic() - began:.0f} s; as deserved: {'yes' if as_deserved else 'NO'}")
    return 0 if as_deserved else 1


if __name__ == "__main__":
    sys.exit(main())
