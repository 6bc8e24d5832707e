"""A real Redis for tests, on a socket file: no port, no network."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class RedisServer:
    """One server in a directory of its own. It may be killed and started again on the same files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.socket = directory / "s"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        """Start, and wait until it takes connections."""
        program = shutil.which("redis-server")
        assert program is not None
        command = [program, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._directory), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = []
        for line in self._process.stdout:
            told.append(line)
            if "eady to accept connections" in line:
                return
        pytest.fail(f"redis-server did not start: {''.join(told)}")

    def kill(self) -> None:
        """Kill it without a chance to save."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """Run a server for the block; skip the test, loudly, where the machine has none."""
    if shutil.which("redis-server") is None:
        pytest.skip("THE SHARED STORE IS NOT TESTED: there is no redis-server here (apt-get install redis-server)")
    with tempfile.TemporaryDirectory(prefix="redis") as directory:  # short: the path of a socket has 107 bytes at most
        server = RedisServer(Path(directory))
        server.start(*options)
        try:
            yield server
        finally:
            server.kill()
