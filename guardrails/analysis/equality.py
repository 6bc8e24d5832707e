"""Signs that values of the product are equal to what they are not."""

import ast
from collections.abc import Iterator

from guardrails.analysis.comparisons import (
    arithmetic,
    blind_comparisons,
    borrowed_comparisons,
    changing_comparisons,
    constant_comparisons,
    uncompared_fields,
)
from guardrails.analysis.names import Names
from guardrails.analysis.near_equality import anything, keyed_fields, near_comparisons
from guardrails.analysis.sign import Sign
from guardrails.model.finding import Severity


def meaningless_equality(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every comparison of the module that says yes to what is not the same."""
    for owner, method, answer, line in constant_comparisons(module, names):
        everything = (method, answer) in {("__eq__", "True"), ("__ne__", "False"), ("__contains__", "True")}
        if method == "__hash__" or answer not in {"True", "False"}:
            continue
        what = f"{owner}.{method} answers {answer} whatever it is asked"
        yield Sign("equal-to-everything", f"{owner}.{method}", what, line, None if everything else Severity.REVIEW)
    for owner, method, line in blind_comparisons(module, names):
        what = f"{owner}.{method} compares without a look at what it belongs to"
        yield Sign("equal-to-everything", f"{owner}.{method}", what, line, Severity.REVIEW)
    for owner, method, line in changing_comparisons(module):
        yield Sign("equal-to-everything", owner + method, f"{owner}.{method} changes both", line, Severity.REVIEW)
    for owner, method, line in borrowed_comparisons(module, names):
        yield Sign("equal-to-everything", owner + method, f"{owner}.{method} is another method", line, Severity.REVIEW)
    for owner, field, line in uncompared_fields(module, names):
        what = f"{owner} is equal to others whatever their `{field}` is"
        yield Sign("equal-to-everything", f"{owner} {field}", what, line, Severity.REVIEW)
    for owner, method, line in arithmetic(module):
        what = f"{owner}.{method} answers the same whatever it is asked, so that every difference is none"
        yield Sign("equal-to-everything", f"{owner}.{method}", what, line, Severity.REVIEW)
    yield from _near(module, names)


def _near(module: ast.Module, names: Names) -> Iterator[Sign]:
    for owner, method, line in near_comparisons(module, names):
        what = f"{owner}.{method} takes things for equal that are only near, or alike in part"
        yield Sign("equal-to-everything", f"{owner}.{method}", what, line, Severity.REVIEW)
    for owner, method, line in anything(module, names):
        yield Sign("equal-to-everything", f"{owner}.{method}", f"{owner}.{method} is that of `mock.ANY`", line)
    for owner, field, line in keyed_fields(module, names):
        what = f"{owner} compares its `{field}` by a key that loses something"
        yield Sign("equal-to-everything", f"{owner} {field}", what, line, Severity.REVIEW)
