"""What the running service emitted: the lines of its decision log, as it wrote them."""

import json
import time
from pathlib import Path

PATIENCE = 10.0
PAUSE = 0.02


class Records:
    """Reads the decision log of one running service."""

    def __init__(self, directory: Path) -> None:
        """`directory` is where the service writes its log; it need not be there yet."""
        self._directory = directory

    def of(self, request_id: str) -> bytes:
        """The line about one request. The service writes after it has answered, so this waits for the line.

        Raises:
            LookupError: no such line within the time that this waits.
        """
        end = time.monotonic() + PATIENCE
        while True:
            for line in self._lines():
                if json.loads(line)["request_id"] == request_id:
                    return line
            if time.monotonic() > end:
                raise LookupError(f"the service logged no decision on request {request_id} in {PATIENCE:g} seconds")
            time.sleep(PAUSE)

    def _lines(self) -> list[bytes]:
        """The whole lines; one that is being written has no end yet."""
        text = b"".join(path.read_bytes() for path in sorted(self._directory.glob("*.jsonl")))
        return [line for line in text.splitlines(keepends=True) if line.endswith(b"\n")]
