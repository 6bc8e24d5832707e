"""What the consumers' tests share: where their pacts go."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pact import Pact

os.environ["PACT_DO_NOT_TRACK"] = "true"

PactFactory = Callable[[str], Pact]


@pytest.fixture
def pact_directory(tmp_path: Path) -> Path:
    """`PACT_OUTPUT_DIR`, or a directory that nobody reads: a test run does not rewrite the committed promises.

    `make pacts` sets it to contracts/pacts; the contracts gate sets it to a place of its own and compares.
    """
    named = os.environ.get("PACT_OUTPUT_DIR")
    return Path(named) if named else tmp_path


@pytest.fixture
def expecting(pact_directory: Path) -> Callable[[Pact], object]:
    """A context manager that serves the pact's expectations and writes the pact once they were met."""

    @contextmanager
    def served(pact: Pact) -> Iterator[str]:
        with pact.serve("127.0.0.1") as server:
            yield str(server.url)
        pact.write_file(pact_directory)

    return served
