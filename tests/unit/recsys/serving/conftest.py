from collections.abc import Iterator

import pytest

from tests.serving_fakes import Harness, harness


@pytest.fixture
def service() -> Iterator[Harness]:
    with harness() as running:
        yield running
