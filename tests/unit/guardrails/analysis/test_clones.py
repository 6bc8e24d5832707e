"""The shape of a function: the same under other names, another where the code is."""

from guardrails.analysis.clones import shapes
from guardrails.analysis.source import parse_or_raise

SCALE = """def scale(scores):
    if not scores:
        return []
    low, high = min(scores), max(scores)
    width = high - low
    if width == 0.0:
        return [0.0 for _ in scores]
    return [(score - low) / width for score in scores]
"""


def digests(source: str) -> list[str]:
    return [shape.digest for shape in shapes(parse_or_raise(source))]


def test_other_names_constants_and_documentation_hide_nothing() -> None:
    other = SCALE.replace("score", "value").replace("width", "span").replace("0.0", "1.0")
    other = other.replace("):\n", '):\n    """Something else."""\n', 1).replace("span = high", "span: float = high")
    assert digests(other) == digests(SCALE)


def test_a_method_has_the_shape_of_the_function() -> None:
    method = "class A:\n" + "".join(
        f"    {line}\n" for line in SCALE.replace("(scores)", "(self, scores)", 1).split("\n")
    )
    assert digests(method) == digests(SCALE)


def test_other_code_has_another_shape() -> None:
    assert digests(SCALE.replace("min(scores)", "sum(scores)")) != digests(SCALE)
    assert digests(SCALE.replace("high - low", "high + low")) != digests(SCALE)
    assert digests(SCALE.replace("(score - low)", "(low - score)")) != digests(SCALE)


def test_small_functions_have_none() -> None:
    assert digests("def ids(items):\n    return [item.key for item in items]\n") == []
    assert digests("def f(x):\n    a = 1\n    b = 2\n    c = 3\n    return x\n") == []
