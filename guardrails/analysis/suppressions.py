"""Comments and types that tell a checker to look away."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.analysis.names import Names
from guardrails.analysis.source import lines_of
from guardrails.analysis.walking import unparse, walk


@dataclass(frozen=True, slots=True)
class Suppression:
    """One place where a checker is told to look away. `reason` says whether words beyond the code are given."""

    kind: str
    line: int
    text: str
    reason: bool = False


_COMMENTS = (
    ("file noqa", re.compile(r"#\s*(?:ruff|flake8)\s*:\s*noqa(?!-)(?P<codes>:[\s\w,]+)?", re.IGNORECASE)),
    ("noqa", re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)),
    ("mypy file setting", re.compile(r"#\s*mypy\s*:\s*(?P<codes>[\w-]+.*)")),
    ("type: ignore", re.compile(r"#\s*type\s*:\s*ignore(?P<codes>\[[^\]]*\])?")),
    ("pyright", re.compile(r"#\s*pyright\s*:\s*(?P<codes>ignore(?:\[[^\]]*\])?|basic|[\w-]+\s*=\s*\w+)")),
    ("no cover", re.compile(r"#\s*pragma\s*:?\s*no\s*(?:cover|branch)")),
    ("no mutate", re.compile(r"#\s*pragma\s*:?\s*no\s*mutate")),
    ("nosec", re.compile(r"#\s*nosec\b(?P<codes>[\s:]*B[0-9]+(?:[\s,]+B[0-9]+)*)?")),
    ("pylint: disable", re.compile(r"#\s*pylint\s*:\s*(?:disable|skip-file)(?P<codes>[-\w]*\s*=\s*[\w\s,-]+)?")),
    (
        "other checker",
        re.compile(
            r"#\s*(?:NOSONAR|nosemgrep|lgtm|noinspection|pyre-(?:ignore|fixme|unsafe)|pytype\s*:\s*(?:disable|skip-file)"
            r"|ty\s*:\s*ignore|pyrefly\s*:\s*ignore|codespell\s*:\s*ignore|deal\s*:\s*ignore)(?P<codes>[-\w\s:=,\[\]/]*)"
        ),
    ),
    ("formatter off", re.compile(r"#\s*(?:fmt\s*:\s*(?:off|skip)|yapf\s*:\s*disable|isort\s*:\s*skip)")),
)
# What a person may do in any code without telling anyone: it hides no fault.
HARMLESS = frozenset({"formatter off"})
_WORDS = re.compile(r"[^\W\d_]{2,}")


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment; of each line that has a hash where the source cannot be tokenised."""
    try:
        found = [
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError):
        found = [(n, line[line.index("#") :]) for n, line in enumerate(lines_of(source), 1) if "#" in line]
    yield from found


_TELLING = re.compile(
    r"(?i)#.*(noqa|type\s*:|mypy|pyright|pragma|nosec|pylint|fmt|yapf|isort|nosonar|nosemgrep|lgtm|noinspection|pyre|pytype|ty\s*:)"
)


_IN_TYPES = ("Any", "cast", "no_type_check", "TYPE_CHECKING")


def suppressions(source: str, module: ast.Module | None, names: Names | None) -> tuple[Suppression, ...]:
    """Every suppression of a Python file, in the order of its lines; without a module only those in comments."""
    found: list[Suppression] = []
    if _TELLING.search(source):
        found += [s for line, text in comments(source) for s in _in_comment(line, text)]
    if (
        module is not None
        and names is not None
        and any(word in source for word in ("Any", "cast", "no_type_check", "TYPE_CHECKING"))
    ):
        found += _in_types(module, names)
    return tuple(sorted(found, key=lambda s: (s.line, s.kind)))


def _in_comment(line: int, text: str) -> Iterator[Suppression]:
    """The suppressions of one comment; a comment may hold several, and words after them are the reason."""
    rest = text
    kinds = []
    for kind, pattern in _COMMENTS:
        found = pattern.search(rest)
        if found:
            kinds.append(kind)
            rest = rest[: found.start()] + " " + rest[found.end() :]
    reason = bool(_WORDS.search(rest))
    yield from (Suppression(kind, line, text.strip(), reason) for kind in kinds)


def _in_types(module: ast.Module, names: Names) -> Iterator[Suppression]:
    """`Any`, `cast(Any, …)` and functions whose types are not checked."""
    for node in walk(module):
        if isinstance(node, ast.Name | ast.Attribute) and names.full(node) in {"typing.Any", "typing_extensions.Any"}:
            yield Suppression("Any", node.lineno, "Any")
        elif isinstance(node, ast.Call) and names.full(node.func) in {"typing.cast", "typing_extensions.cast"}:
            yield Suppression("cast", node.lineno, unparse(node)[:80])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            hidden = [d for d in node.decorator_list if (names.full(d) or "").endswith("typing.no_type_check")]
            yield from (Suppression("no_type_check", d.lineno, "@no_type_check") for d in hidden)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in unparse(node.test):
            side = node.body if isinstance(node.test, ast.UnaryOp) else node.orelse
            for unseen in (s for s in side if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)):
                yield Suppression("not TYPE_CHECKING", unseen.lineno, f"{unseen.name} is not seen by the type checker")
            if isinstance(node.test, ast.UnaryOp) and not node.orelse:
                for name in sorted(_rebound(node.body) & (set(names.imports) | _defined(module))):
                    what = f"{name} is another thing than the type checker sees"
                    yield Suppression("not TYPE_CHECKING", node.lineno, what)


def _defined(module: ast.Module) -> set[str]:
    return {n.name for n in module.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def _rebound(body: list[ast.stmt]) -> set[str]:
    targets = (t for statement in body if isinstance(statement, ast.Assign) for t in statement.targets)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def loosened_annotations(
    before: ast.Module, after: ast.Module, old_names: Names, new_names: Names
) -> Iterator[tuple[str, str, str, int]]:
    """Annotations of the same function, argument or variable that hold `Any` now and did not: what, old, new, line."""
    old = {where: node for where, node in _annotations(before, "") if not _holds_any(node, old_names)}
    for where, node in _annotations(after, ""):
        if where in old and _holds_any(node, new_names):
            yield where, unparse(old[where]), unparse(node), node.lineno


def _annotations(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.expr]]:
    """Every annotation below a node, by what it stands on."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                arguments = (a for a in walk(child.args) if isinstance(a, ast.arg) and a.annotation)
                yield from (
                    (f"the argument {a.arg} of {prefix}{name}", a.annotation) for a in arguments if a.annotation
                )
                if child.returns:
                    yield f"the result of {prefix}{name}", child.returns
                yield from _annotations(child, f"{prefix}{name}.")
            case ast.ClassDef(name=name):
                yield from _annotations(child, f"{prefix}{name}.")
            case ast.AnnAssign(target=target, annotation=annotation):
                yield f"{prefix}{unparse(target)}", annotation
            case ast.stmt():
                yield from _annotations(child, prefix)


def _holds_any(node: ast.expr, names: Names) -> bool:
    inner = (n for n in walk(node) if isinstance(n, ast.Name | ast.Attribute))
    return any(names.full(n) in {"typing.Any", "typing_extensions.Any"} for n in inner)


def blanket_noqa(source: str) -> int | None:
    """The line of a comment that switches off every lint rule for the whole file, or None."""
    if "noqa" not in source.lower():
        return None
    pattern = _COMMENTS[0][1]
    for line, text in comments(source):
        found = pattern.search(text)
        if found and not found["codes"]:
            return line
    return None
