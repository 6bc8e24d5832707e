"""A slate for people, on a terminal."""

from collections.abc import Sequence
from typing import Final
from unicodedata import east_asian_width

from msgspec import UNSET

from recsys.domain.slate import Decision
from recsys.serving.wire import Item, RecommendationAnswer

WIDEST: Final = 32
HEADINGS: Final = ("#", "track", "title", "artist", "score", "why")


def rendered(answer: RecommendationAnswer, decision: Decision, user_id: str) -> str:
    """Return the table, a line on how it was made above it, and with an explanation a line of features per track."""
    query = decision.query
    where = query.market or "no market"
    head = f"{len(answer.items)} tracks for {plain(user_id)} in {where}, model {answer.model_version}"
    notes = [f"without {', '.join(answer.degraded)}"] if answer.degraded else []
    notes += [f"{name}: {arm}" for name, arm in sorted(answer.experiments.items())]
    rows = [HEADINGS, *(_row(item) for item in answer.items)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["; ".join([head, *notes]), ""]
    for index, row in enumerate(rows):
        lines.append(_line(row, widths))
        if index:
            lines += _explained(answer.items[index - 1])
    if not answer.items:
        lines.append("nothing is eligible: is the market right?")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return one printable line, so that a title cannot steer the terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _row(item: Item) -> tuple[str, ...]:
    title = plain(item.title) + (" [explicit]" if item.explicit else "")
    why = item.reason + (" (fallback)" if item.tier == "fallback" else "")
    return (
        str(item.position + 1),
        plain(item.track_id),
        _cut(title),
        _cut(plain(item.artist_name)),
        f"{item.score:.4f}",
        why,
    )


def _explained(item: Item) -> list[str]:
    if item.explanation is UNSET:
        return []
    features = "  ".join(f"{name}={value:.4g}" for name, value in item.explanation.features.items() if value)
    facts = [f"sources={','.join(item.sources)}", f"propensity={item.propensity:.4g}", *item.explanation.rules]
    return [f"      {'  '.join(facts)}", *([f"      {features}"] if features else [])]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
    return "  ".join(cells).rstrip()
