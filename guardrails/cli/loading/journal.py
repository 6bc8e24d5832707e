"""How far a long measurement is, line by line, and what is left of it when somebody stops it."""

import sys
from pathlib import Path

from guardrails.cli.output import complain

PARTIAL = "partial.txt"


class Journal:
    """Says each line on standard error as it comes, and keeps all of them. `output` is the directory of the reports."""

    def __init__(self, output: Path | None) -> None:
        self._output = output
        self._lines: list[str] = []
        if output is not None:
            (output / PARTIAL).unlink(missing_ok=True)

    def tell(self, line: str) -> None:
        """Take in a line."""
        self._lines.append(line)
        # Looked up anew: the live table puts what is written to it above itself.
        print(f"  {line}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Somebody stopped it: say what was measured until then, and that it is a part."""
        if not self._lines:
            return
        text = "\n".join(("PARTIAL: stopped. Nothing is judged by a part. Until then:", *self._lines))
        complain(text)
        if self._output is not None:
            (self._output / PARTIAL).write_text(text + "\n", encoding="utf-8")
