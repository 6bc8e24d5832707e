"""Fuzzes every endpoint of the real service from its own OpenAPI description, with schemathesis.

    python -m benchmarks.fuzz [--artifact DIR] [--url URL] [--examples N] [--seconds S] [--seed N]

Without --artifact a small model is trained; without --url the service is started on a free port, with its own state.
Refused are: an answer of 500 or later, a status, content type, header or body that the description does not have, input
that it forbids and the service takes, and a request that is not answered within 10 seconds.

One check of schemathesis is left out: that all input which fits the description is taken. Three rules are not in the
description, and are answered with 422: a market must be one of the model's, a page token one that the service made, and
a block names a track or an artist.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = "positive_data_acceptance"
REQUEST_SECONDS = 10


def fuzzed(url: str, examples: int, seconds: int, seed: int) -> int:
    """Run schemathesis on a service; return 0 when it found nothing, 1 when it did, 2 when it could not run."""
    with tempfile.TemporaryDirectory(prefix="recsys-fuzz-") as scratch:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--checks", "all"]
        command += ["--exclude-checks", LEFT_OUT, "--request-timeout", str(REQUEST_SECONDS)]
        command += ["--max-examples", str(examples), "--max-time", str(seconds), "--seed", str(seed)]
        command += ["--continue-on-failure"]
        return subprocess.run(command, cwd=scratch, check=False).returncode


@contextmanager
def served(artifact: Path, state: Path) -> Iterator[str]:
    """Serve a model on a free port; give the address."""
    command = [sys.executable, "-m", "recsys", "serve", "--artifact", str(artifact), "--state", str(state)]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = process.stdout or ()
            found = (re.match(r"listening on (http://\S+)", line) for line in lines)
            yield next(match[1] for match in found if match)
        finally:
            process.terminate()
            process.wait(30)


def main(arguments: list[str] | None = None) -> int:
    """Fuzz; return the exit status of `fuzzed`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--artifact", type=Path, help="the model to serve (default: a small one is trained)")
    parser.add_argument("--url", help="a service that runs already")
    parser.add_argument("--examples", type=int, default=200, help="an endpoint (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=120, help="for all of it (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    args = parser.parse_args(arguments)
    if args.url:
        return fuzzed(args.url.rstrip("/"), args.examples, args.seconds, args.seed)
    with tempfile.TemporaryDirectory(prefix="recsys-fuzz-") as scratch:
        artifact = args.artifact or Path(scratch) / "model"
        if args.artifact is None:
            train = [sys.executable, "-m", "recsys", "train", "--quiet", "--users", "300", "--tracks", "800"]
            subprocess.run([*train, "--output", str(artifact)], check=True)
        with served(artifact, Path(scratch) / "state") as url:
            return fuzzed(url, args.examples, args.seconds, args.seed)


if __name__ == "__main__":
    sys.exit(main())
