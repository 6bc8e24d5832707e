"""What the running service emitted: the lines of its decision log, as it wrote them, held against their schema."""

import json
import time
from pathlib import Path

import jsonschema

SCHEMA = json.loads((Path(__file__).parents[1] / "events" / "decision.json").read_text(encoding="utf-8"))

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
            ValueError: the line is not what the schema says.
        """
        end = time.monotonic() + PATIENCE
        while True:
            for line in self._lines():
                told = json.loads(line)
                if told.get("request_id") == request_id:
                    return _checked(line, told)
            if time.monotonic() > end:
                raise LookupError(f"the service logged no decision on request {request_id} in {PATIENCE:g} seconds")
            time.sleep(PAUSE)

    def _lines(self) -> list[bytes]:
        """The whole lines; one that is being written has no end yet."""
        text = b"".join(path.read_bytes() for path in sorted(self._directory.glob("*.jsonl")))
        return [line for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def _checked(line: bytes, told: object) -> bytes:
    wrong = jsonschema.Draft202012Validator(SCHEMA).iter_errors(told)
    says = [f"{error.json_path}: {error.message[:200]}" for error in wrong]
    if says:
        raise ValueError(f"the message is not what contracts/events/decision.json says: {'; '.join(says[:3])}")
    return line
