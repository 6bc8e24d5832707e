"""Draw `verdict.svg` beside this file: a verdict as a terminal shows it.

Run it from the root of the checkout: `PYTHONPATH=. python docs/images/make_verdict.py`.
"""

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from guardrails.report.text import draw
from tests.verdict_samples import blocking


def main() -> None:
    """Write the picture."""
    console = Console(
        record=True, width=92, file=io.StringIO(), force_terminal=True, color_system="standard", highlight=False
    )
    draw(blocking(), console)
    # Without the fonts that the library would fetch from a network.
    code = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    picture = console.export_svg(title="guardrails check", code_format=code, unique_id="verdict")
    Path(__file__).with_name("verdict.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
