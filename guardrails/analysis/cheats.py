"""Product code that behaves for its judge: it looks for the test runner, equals everything, swallows, answers by heart.

Each sign is found by syntax. A sign counts only if the change has more of it than the base has, over all changed files,
so code that moves takes its signs with it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from guardrails.analysis import ambient
from guardrails.analysis.around import WORDS as AROUND
from guardrails.analysis.around import around
from guardrails.analysis.at_import import at_import
from guardrails.analysis.circumstances import circumstances
from guardrails.analysis.counting import counted
from guardrails.analysis.digests import hidden_literals
from guardrails.analysis.disguises import IDENTITY, disguised, is_id, pattern_of
from guardrails.analysis.dropped import WORDS as DROPPING
from guardrails.analysis.dropped import dropped
from guardrails.analysis.dynamic import dynamic_code, through_getattr
from guardrails.analysis.equality import meaningless_equality
from guardrails.analysis.interference import interference, native
from guardrails.analysis.names import Names, is_literal, truth
from guardrails.analysis.sign import Sign
from guardrails.analysis.swallowing import swallowed
from guardrails.analysis.walking import unparse, walk
from guardrails.analysis.watching import test_tools, watching
from guardrails.model.finding import Severity

_EXITS = frozenset(
    {"os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "faulthandler._sigsegv",
     "signal.pthread_kill", "os.execv", "os.execve", "os.execl", "os.execle", "os.execlp", "os.execvp", "os.execvpe"}
)  # fmt: skip
_KILLS = frozenset({"os.kill", "os.killpg"})
_ITSELF = re.compile(r"getpid|getpgrp|getpgid\(0|kill(pg)?\(0")
"""What a process kills is another, unless it names itself or its own group."""
_WORDS = {
    "judge": re.compile(
        r"environ|getenv|modules|argv|find_spec|find_loader|metadata|which|_called_from_test|stack|_getframe|currentframe|f_back|tb_frame"
        r"|PYTEST_|vars\(|__dict__|packages_|distributions|getattr\(|gettrace|getprofile|__debug__|/proc|environb|cmdline|_current_frames"
    ),
    "tools": re.compile(r"__main__|pytest|unittest|hypothesis|nose|pluggy"),
    "comparisons": re.compile(
        r"__(eq|ne|lt|le|gt|ge|bool|contains|instancecheck|subclasscheck|abs|r?sub|class)__|eq__|compare|eq=|cmp=|ANY"
    ),
    "exits": re.compile(r"exit|abort|kill|SystemExit|signal|_sigsegv|exec[lv]"),
    "swallows": re.compile(r"except|suppress|finally|__exit__|push"),
    "circumstances": re.compile(
        r"getppid|getlogin|uname|gethostname|getfqdn|platform|getuser|getnode|isatty|time|date|psutil|assert "
    ),
    "digests": re.compile(r"digest|crc|adler|\bhash\("),
    "counts": re.compile(r"False|True|pop|rotate|\.set\(|\+=|\+ ?1\b|next\(|\blen\(|\bin\b"),
    "dynamic": re.compile(
        r"exec|eval|compile|import_module|__import__|importlib|modules|runpy|marshal|codeop|imp\b|pkgutil|pydoc|zip"
        r"|pickle|dill|joblib|shelve|yaml|entry_points"
    ),
}
"""Words without which a walk over the syntax can find nothing."""


def signs(module: ast.Module, names: Names, text: str, path: str = "") -> Iterator[Sign]:
    """Every sign of a product file that can be told from the file alone."""
    for words, find in _FINDERS:
        if _WORDS[words].search(text):
            yield from find(module, names)
    if _WORDS["tools"].search(text):
        yield from test_tools(module, path)
    if _WORDS["circumstances"].search(text):
        yield from circumstances(module, names, path)
    if any(word in text for word in AROUND):
        yield from around(module, names)
    if any(word in text for word in DROPPING):
        yield from dropped(module, names)
    if ambient.WORDS.search(text):
        yield from ambient.ambient(module, names)
    yield from at_import(module, names)
    if names.imports or "__" in text:
        yield from interference(module, names)
        yield from native(module)


def _digests(module: ast.Module, names: Names) -> Iterator[Sign]:
    for compared, line in hidden_literals(module, names):
        what = f"looks for something by its digest, so that nobody reads what: `{compared}`"
        yield Sign("answer-by-heart", compared, what, line, Severity.REVIEW)


def _dynamic(module: ast.Module, names: Names) -> Iterator[Sign]:
    for found in dynamic_code(module, names):
        known = found.kind == "import" and found.target is not None
        if found.kind == "objects":
            yield Sign("dynamic-code", found.text, f"reads data that can run code: `{found.text}`", found.line)
        elif not known and (found.kind != "modules" or _is_written(module, found.line)):
            yield Sign("dynamic-code", found.text, f"runs code that is not written there: `{found.text}`", found.line)


def _exits(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Ends the process at import, from a destructor or at exit, or past every handler."""
    for place, node in _placed(module):
        where = getattr(place, "name", "lambda") if place is not None else ""
        full = names.full(node.func) or "" if isinstance(node, ast.Call) else ""
        raised = node.exc if isinstance(node, ast.Raise) else None
        raised = raised.func if isinstance(raised, ast.Call) else raised
        leaves = full == "sys.exit" or (raised is not None and names.full(raised) == "SystemExit")
        full = full or (through_getattr(node.func, names) or "" if isinstance(node, ast.Call) else "")
        text, line = unparse(node)[:100], getattr(node, "lineno", 0)
        if full in _EXITS and (full not in _KILLS or _ITSELF.search(text)):
            severity = Severity.REVIEW if isinstance(place, ast.AST) and "os.fork" in unparse(place) else None
            yield Sign("process-exit", text, f"ends the process past every handler: `{text}`", line, severity)
        elif leaves and where in {"", "__del__"}:
            yield Sign(
                "process-exit", text, f"ends the process {'at import' if not where else 'unseen'}: `{text}`", line
            )
        elif full in {"atexit.register", "signal.alarm", "signal.setitimer"} and where == "":
            yield Sign("process-exit", text, f"acts when the process ends: `{text}`", line, Severity.REVIEW)

    for node in walk(module):  # a way out by another name, to be called where nobody sees what it is
        if isinstance(node, ast.Assign | ast.Call):
            handed = [node.value] if isinstance(node, ast.Assign) else node.args
            for value in handed:
                full = names.full(value) or through_getattr(value, names) or ""
                if full in _EXITS - _KILLS:
                    text = unparse(node)[:100]
                    yield Sign("process-exit", text, f"hands on what ends the process: `{text}`", node.lineno)

    yield from _at_import(module, names)


def _at_import(module: ast.Module, names: Names) -> Iterator[Sign]:
    """A function of the module that ends the process, called at import; a command that kills."""
    leaving = {
        n.name
        for n in module.body
        if isinstance(n, ast.FunctionDef)
        and any(isinstance(c, ast.Call) and names.full(c.func) in {"sys.exit", "exit", "quit"} for c in walk(n))
    }
    for where, node in _placed(module):
        if isinstance(node, ast.Call):
            full, text = names.full(node.func) or "", unparse(node)[:100]
            if where is None and full in leaving:
                yield Sign("process-exit", text, f"ends the process at import: `{text}`", node.lineno)
            elif full.startswith(("os.system", "os.popen", "subprocess.")) and re.search(r"\bkill(all)?\b|pkill", text):
                yield Sign("process-exit", text, f"kills by a command: `{text}`", node.lineno, Severity.REVIEW)


def _placed(module: ast.Module) -> Iterator[tuple[ast.AST | None, ast.AST]]:
    """Calls and raises with the function that they stand in; None for what runs at import."""
    todo: list[tuple[ast.AST | None, ast.AST]] = [(None, node) for node in module.body]
    while todo:
        where, node = todo.pop()
        if isinstance(node, ast.If) and "__main__" in unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            where = node
        if isinstance(node, ast.Call | ast.Raise):
            yield where, node
        todo += [(where, child) for child in ast.iter_child_nodes(node)]


def _is_written(module: ast.Module, line: int) -> bool:
    """Whether a line of the module assigns to or deletes from `sys.modules`."""
    return any(
        isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store | ast.Del) and n.lineno == line
        for n in walk(module)
    )


_FINDERS: tuple[tuple[str, Callable[[ast.Module, Names], Iterator[Sign]]], ...] = (
    ("judge", watching),
    ("comparisons", meaningless_equality),
    ("exits", _exits),
    ("swallows", swallowed),
    ("counts", counted),
    ("digests", _digests),
    ("dynamic", _dynamic),
)


@dataclass(frozen=True, slots=True)
class Recited:
    """An answer by heart: a branch on literals that returns literals. All of them must stand in the tests to count.

    With `prefix` the literal is the beginning or the end of ids; it must be that of ids of the load test to count, or,
    where it is figures only, of the tests. With `pattern` the one literal is a pattern that must match an id of them.
    """

    key: str
    literals: tuple[str, ...]
    line: int
    prefix: bool = False
    pattern: bool = False


def recited(module: ast.Module) -> Iterator[Recited]:
    """`if user_id == "u42": return ["i7"]`, tables from such inputs to such answers, and branches on such ids."""
    names = Names(module)
    for node in walk(module):
        if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Return):
            yield from _branch(node, node.body[0].value)
        elif isinstance(node, ast.IfExp):
            yield from _branch(node, node.body)
        elif isinstance(node, ast.Dict) and node.keys and is_literal(node):
            keys = [k for k in node.keys if isinstance(k, ast.Constant) and _is_data(k.value)]
            answers = [c for value in node.values for c in _data(value)]
            if len(keys) == len(node.keys) and any(_is_telling(c) for c in answers):
                yield _recited(node, [*keys, *answers], node.lineno)
        elif isinstance(node, ast.Match):
            yield from _cases(node)
        elif isinstance(node, ast.Compare) and (whole := _whole_input(node)):
            yield _recited(node, whole, node.lineno)
        elif isinstance(node, ast.Compare | ast.Call | ast.Subscript):
            yield from _named(node, names)


def _whole_input(node: ast.Compare) -> list[ast.Constant]:
    """`[item.artist for item in ranked] == ["abba", "abba", "robyn"]`: an input that is known by all that it holds."""
    match node:
        case ast.Compare(
            left=ast.ListComp() | ast.Call(func=ast.Name(id="sorted" | "list" | "tuple")) as given,
            ops=[ast.Eq()],
            comparators=[ast.List(elts=parts) | ast.Tuple(elts=parts)],
        ) if isinstance(given, ast.ListComp) or any(isinstance(a, ast.GeneratorExp) for a in given.args):
            values = [p for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str | float)]
            return values if len(values) == len(parts) >= _FEW else []
    return []


_FEW = 3  # values that do not stand together in the tests by chance


def _branch(node: ast.If | ast.IfExp, answer: ast.expr | None) -> Iterator[Recited]:
    inputs = [c for c in walk(node.test) if isinstance(c, ast.Constant) and _is_data(c.value)]
    parts = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
    compared = any(_is_equality(part) for part in parts)
    inputs = inputs or [c for c in walk(node.test) if isinstance(c, ast.Constant) and isinstance(c.value, float)]
    told = answer is not None and is_literal(answer) and truth(answer) is not False
    if compared and inputs and told and answer is not None and any(_is_telling(c) for c in _data(answer)):
        yield _recited(node.test, [*inputs, *_data(answer)], node.lineno)


def _is_equality(test: ast.expr) -> bool:
    """`x == 0.1`, `x in (…)`, and `abs(x - 0.1) < 1e-9`."""
    match test:
        case ast.Compare(ops=[ast.Eq() | ast.In(), *_]):
            return True
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(right=ast.Constant())]), ops=[ast.Lt()]
        ):
            return True
    return False


def _cases(node: ast.Match) -> Iterator[Recited]:
    """`case [0.1, 0.2]: return 0.15`: a pattern of several written values that returns one."""
    for case in node.cases:
        given = [n.value for n in walk(case.pattern) if isinstance(n, ast.MatchValue)]
        values = [v for v in given if isinstance(v, ast.Constant)]
        answers = case.body[0].value if len(case.body) == 1 and isinstance(case.body[0], ast.Return) else None
        if answers is None or not is_literal(answers):
            continue
        known = [c for c in walk(answers) if isinstance(c, ast.Constant) and isinstance(c.value, str | float)]
        if known and (len(values) > 1 or any(_is_data(v.value) for v in values)):
            yield _recited(answers, [*values, *known], case.pattern.lineno)


def _named(node: ast.Compare | ast.Call | ast.Subscript, names: Names) -> Iterator[Recited]:
    """A comparison of somebody's or something's id with a written one: `user_id == "u42"`, `user_id in WARM`."""
    for compared, meant in disguised(node, names):
        yield Recited(unparse(compared)[:100], tuple(map(repr, meant)), node.lineno)
    if pattern := pattern_of(node, names):
        yield Recited(unparse(node)[:100], (pattern,), node.lineno, pattern=True)
    prefix = False
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.In | ast.NotEq):
        subject, others = node.left, [names.value(_unwrapped(node.comparators[0]))]
        ids = [c for other in others if is_literal(other) for c in walk(other) if isinstance(c, ast.Constant)]
        ids = [c for c in ids if is_id(c.value)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PREFIXES:
        subject, prefix = node.func.value, True
        ids = [a for a in node.args if isinstance(a, ast.Constant) and _PART_OF_ID.match(str(a.value))]
    elif (looked := _looked_up(node)) and isinstance(table := names.value(looked[0]), ast.Dict):
        subject, ids = looked[1], [k for k in table.keys if isinstance(k, ast.Constant) and is_id(k.value)]
    else:
        return
    if ids and IDENTITY.search(unparse(subject)):
        yield replace(_recited(node, ids, node.lineno), prefix=prefix)


def _unwrapped(node: ast.expr) -> ast.expr:
    """The written collection inside of `frozenset(("u42",))`."""
    match node:
        case ast.Call(func=ast.Name(id="frozenset" | "set" | "tuple" | "list"), args=[inner]):
            return inner
    return node


def _looked_up(node: ast.Compare | ast.Call | ast.Subscript) -> tuple[ast.expr, ast.expr] | None:
    """The table and the key of `TABLE.get(user_id, k)` and `TABLE[user_id]`."""
    match node:
        case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[key, *_]):
            return table, key
        case ast.Subscript(value=table, slice=key):
            return table, key
    return None


_PREFIXES = frozenset({"startswith", "endswith"})
_PART_OF_ID = re.compile(r"^[-_:]?([A-Za-z]{2,}[0-9]*|[0-9]{2,})[-_:]?$")


def _recited(node: ast.expr, parts: list[ast.Constant], line: int) -> Recited:
    return Recited(unparse(node)[:100], tuple(dict.fromkeys(repr(p.value) for p in parts)), line)


def _data(node: ast.expr) -> list[ast.Constant]:
    return [c for c in walk(node) if isinstance(c, ast.Constant) and _is_data(c.value)]


def _is_telling(node: ast.Constant) -> bool:
    """Whether an answer is one that nobody writes by chance: an id, or a number of many figures."""
    return isinstance(node.value, str) or len(str(node.value).strip("-0.").replace(".", "")) >= _FIGURES


_FIGURES = 4


def _is_data(value: object) -> bool:
    """Whether a literal looks like data (an id, a measured number) rather than like a word of the code."""
    if isinstance(value, str):
        return any(c.isdigit() for c in value) and len(value) > 1
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10


def read_paths(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Strings of a module that can be paths, with their lines: parts joined to one, documentation left out.

    A path that is joined of one written part and others begins with a slash here: `root / "tests"` is `/tests`.
    """
    documentation = {
        id(body[0].value)
        for n in walk(module)
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and (body := n.body)
        and isinstance(body[0], ast.Expr)
    }
    for node in walk(module):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            text = node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = "/" + "/".join(_parts(node))
        elif isinstance(node, ast.Call) and (place := _looked_into(node)):
            text = f"/{place}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _JOINING:
            text = "/" + "/".join(part for argument in (node.func.value, *node.args) for part in _parts(argument))
        is_path = "/" in text.rstrip("/") or _FILE.match(text)
        if is_path and len(text) < _LONGEST and "\n" not in text:
            yield text.removeprefix("./").rstrip("/"), getattr(node, "lineno", 0)


def _looked_into(node: ast.Call) -> str:
    """The one word that a call takes for a directory: `os.listdir("tests")`, `Path("tests")`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = node.args[0] if node.args else None
    if name in _LOOKING and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value if first.value.isidentifier() else ""
    return ""


_LOOKING = frozenset({"exists", "listdir", "walk", "scandir", "isdir", "is_dir", "Path", "PurePath", "chdir", "rglob"})
_JOINING = frozenset({"join", "joinpath", "open", "read_text", "read_bytes", "glob"})
_LONGEST = 300
_FILE = re.compile(r"^[\w-]+(\.[\w-]+)+$")


def _parts(node: ast.expr) -> list[str]:
    """The string constants of a path that is put together, in their order."""
    match node:
        case ast.Constant(value=str(text)):
            return [text.strip("/")]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return [*_parts(left), *_parts(right)]
        case ast.Call(args=arguments):
            return [part for argument in arguments for part in _parts(argument)]
    return []
