"""How soon an interaction is promised to be answered: a comment of a pact of version 4.

Pact itself has no word for it. A consumer says it as the comment `answers-within-ms` (`set_comment` of pact-python,
`comment` of pact-js), or, where its library knows only texts, as the text `answers within 250 ms`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

KEY = "answers-within-ms"
_TEXT = re.compile(r"answers within (\S+) ms\.?", re.IGNORECASE)


def promised_seconds(said: Mapping[str, Any]) -> float | None:
    """The seconds that an interaction allows for its answer; None where it promises no time.

    Raises:
        ValueError: what it says is no time, or several.
    """
    comments = said.get("comments")
    stated = list(_stated(comments)) if isinstance(comments, Mapping) else []
    if not stated:
        return None
    if len(stated) > 1:
        raise ValueError(f"promises {len(stated)} times; state one {KEY}")
    try:
        milliseconds = float(stated[0]) if isinstance(stated[0], str | int | float) else math.nan
    except (ValueError, OverflowError):
        milliseconds = math.nan
    if isinstance(stated[0], bool) or not 0 < milliseconds < math.inf:
        raise ValueError(f"promises {stated[0]!r} as {KEY}; that is a number of milliseconds above 0")
    return milliseconds / 1000


def _stated(comments: Mapping[str, Any]) -> Iterator[object]:
    if KEY in comments:
        yield comments[KEY]
    texts = comments.get("text")
    for text in texts if isinstance(texts, list) else []:
        if found := _TEXT.fullmatch(str(text).strip()):
            yield found.group(1)
