"""How two versions of a file differ."""

import pytest

from guardrails.analysis.sameness import flipped, only_layout, only_words, same_but_imports, same_code

MMR = "def mmr(s, d, w=0.5):\n    return [w * a - (1 - w) * b for a, b in zip(s, d)]\n"


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (MMR, MMR.replace("(s, d,", "(s,  d,"), True),
        (MMR, MMR.replace(":\n", ':\n    """Doc."""\n', 1), True),
        (MMR, "# why\n" + MMR, True),
        (MMR, MMR.replace("- (", "+ ("), False),
        ("def f():\n    '''d'''\n", "def f():\n    pass\n", True),
        ("", "x = 1\n", False),
        ("x = (\n", "x = (\n", False),
    ],
)
def test_same_code(before: str, after: str, same: bool) -> None:
    assert same_code(before, after) is same


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("import b\nimport a\nx = 1\n", "import a, b\n\nx = 1\n", True),
        ("from a import c, b\n", "from a import b\nfrom a import c\n", True),
        ("import a\n", "import b\n", False),
        ("from .a import b\n", "from a import b\n", False),
        ("import a\nx = 1\n", "import a\nx = 2\n", False),
        ("import a\nx = 1\ny = 2\n", "import a\ny = 2\nx = 1\n", False),
        ("x = (\n", "x = (\n", False),
    ],
)
def test_same_but_imports(before: str, after: str, same: bool) -> None:
    assert same_but_imports(before, after) is same


@pytest.mark.parametrize(
    ("before", "after", "layout"),
    [
        ("x = {}\n", "x = {\n}\n", True),
        ("x = 'a'\n", 'x = "a"\n', True),
        ("x = 1\n", "x = 1  # why\n", False),
        ("x = 1\n", "x = 2\n", False),
        ("x = 1\n", "x = 1\n", False),
        ('"""a"""\n', '"""b"""\n', False),
    ],
)
def test_only_layout(before: str, after: str, layout: bool) -> None:
    assert only_layout(before, after) is layout


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("raise E('recieve')\n", "raise E('receive')\n", True),
        ("def recieve(a): return a.lenght\n", "def receive(a): return a.length\n", True),
        ("from a import recieve as r\n", "from a import receive as r\n", True),
        ("x = 1\n", "x = 2\n", False),
        ("x = a - b\n", "x = a + b\n", False),
        ("f(a)\n", "f(a, b)\n", False),
    ],
)
def test_only_words(before: str, after: str, words: bool) -> None:
    assert only_words(before, after) is words


@pytest.mark.parametrize(
    "after",
    [
        MMR.replace("- (", "+ ("),
        MMR.replace("0.5", "0.7"),
        MMR.replace("(1 - w)", "(1 - -w)"),
        MMR.replace("* b", "/ b"),
    ],
)
def test_a_flip_is_seen(after: str) -> None:
    assert flipped(MMR, after) == (("mmr", 1),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MMR, MMR.replace("a", "score").replace("b", "other")),
        (MMR, MMR.replace("w * a - (1 - w) * b", "_mix(w, a, b)")),
        ("def f(x): return x * 0.5\n", "def f(x): return x / 2\n"),
        ("def f(x): return x >= 1\n", "def f(x): return x > 0\n"),
        ("def f(x): return x != None\n", "def f(x): return x is not None\n"),
        ("def f(x): return x == True\n", "def f(x): return x is True\n"),
        ("def f(x): return x + 1\n", "def f(x): return x + 1.0\n"),
        ("def f(x): return a < b\n", "def f(x): return b > a\n"),
        ("def f(x): return 'a'\n", "def f(x): return 'b'\n"),
        ("def f(x): 'a'\n", "def f(x): 'b'\n"),
        ("def f(x): return 60 * 60\n", "def f(x): return 3600\n"),
        (MMR, "x = (\n"),
    ],
)
def test_rewriting_is_no_flip(before: str, after: str) -> None:
    assert flipped(before, after) == ()


def test_methods_have_their_class_and_twice_defined_names_are_left_out() -> None:
    before = "class A:\n    def f(self): return 1\n\ndef g(): return 1\ndef g(): return 1\n"
    assert flipped(before, before.replace("1", "2")) == (("A.f", 2),)


def test_code_that_is_nested_too_deep_to_walk_is_like_itself_alone() -> None:
    deep = "def f(x):\n    return " + "+".join(["x"] * 2000) + "\n"
    other = deep.replace("return x+", "return x-", 1)
    assert same_code(deep, deep)
    assert not any((same_code(deep, other), only_words(deep, other), same_but_imports(deep, other)))
    assert not only_layout(deep, other)
    assert flipped(deep, other) == ()
