"""Names and links that lead elsewhere."""

import pytest

from guardrails.analysis.pathnames import collisions, escapes, hidden_characters, unportable


@pytest.mark.parametrize("path", ["a\u200bb.py", "a\nb", "a\tb", "\u202eyp.a", "a\x1bb"])
def test_hidden_characters_are_named(path: str) -> None:
    assert hidden_characters(path)


@pytest.mark.parametrize("path", ["shop/rank.py", "données/été 1.csv", "日本.md"])
def test_visible_names_are_fine(path: str) -> None:
    assert hidden_characters(path) is None
    assert unportable(path) is None


@pytest.mark.parametrize("path", ["a /b", "a/b.", " a", "aux.py", "x/NUL", "a:b", "a\\b"])
def test_names_that_are_others_elsewhere(path: str) -> None:
    assert unportable(path)


def test_only_new_collisions_count() -> None:
    paths = ["a/Rank.py", "a/rank.py", "b.py"]
    assert collisions(paths, frozenset({"a/Rank.py"})) == [("a/Rank.py", "a/rank.py")]
    assert collisions(paths, frozenset()) == []
    assert collisions(["e\u0301.py", "\u00e9.py"], frozenset({"\u00e9.py"})) == [("\u00e9.py", "e\u0301.py")]


@pytest.mark.parametrize(
    ("links", "leads_out"),
    [
        ({"l": "shop/data"}, False),
        ({"a/l": "../shop"}, False),
        ({"l": "/etc/passwd"}, True),
        ({"a/l": "../../x"}, True),
        ({"l": ".git/config"}, True),
        ({"l": "m", "m": "l"}, True),
        ({"l": "m/x", "m": "/etc"}, True),
        ({"l": "a/b/../..", "a/b": "."}, True),
        ({"l": "a/../c"}, False),
    ],
)
def test_links_are_followed_to_their_end(links: dict[str, str], leads_out: bool) -> None:
    assert escapes(next(iter(links)), links.get) is leads_out
