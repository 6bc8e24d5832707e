"""Branches on what a process finds around it: chance, the machine's size, its own files, who holds its streams.

A judge's process differs from a served one in all of these, so that code which asks can be right for the judge alone.
Honest code asks too, to log, to tune or to sample; it does not return another answer. So only branches that answer
count.
"""

import ast
import re
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal
from guardrails.analysis.names import Names, is_literal
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_CALLS = frozenset(
    {"os.getuid", "os.geteuid", "os.getgid", "os.cpu_count", "os.process_cpu_count", "os.getloadavg", "os.getcwd",
     "os.getcwdb", "os.sysconf", "os.sched_getaffinity", "os.getpid", "os.getpgid", "os.getsid", "os.ttyname",
     "os.path.expanduser", "pathlib.Path.cwd", "pathlib.Path.home", "resource.getrlimit", "resource.getrusage",
     "socket.if_nameindex", "tempfile.gettempdir", "shutil.disk_usage", "sys.getrecursionlimit", "sys.getrefcount",
     "sys.getswitchinterval", "sys.getallocatedblocks", "sys.monitoring.get_tool", "gc.get_count", "gc.get_stats",
     "gc.isenabled", "threading.active_count", "threading.enumerate", "threading.current_thread",
     "multiprocessing.active_children", "multiprocessing.cpu_count", "tracemalloc.is_tracing", "os.stat",
     "os.path.getmtime", "os.path.getctime", "time.process_time", "time.thread_time", "logging.getLogger.handlers",
     "multiprocessing.parent_process", "multiprocessing.current_process", "threading.main_thread"}
)  # fmt: skip
_VALUES = frozenset(
    {"sys.orig_argv", "sys.path_importer_cache", "sys.path_hooks", "sys.path", "sys.warnoptions", "warnings.filters",
     "sys.flags", "sys.executable", "sys.prefix", "sys.base_prefix", "__file__",
     "threading._active", "sys._xoptions", "linecache.cache"}
)  # fmt: skip
_CHANCE = frozenset(
    {"random.random", "random.randint", "random.randrange", "random.choice", "random.getrandbits", "random.uniform",
     "uuid.uuid4", "uuid.uuid1", "os.urandom", "secrets.randbelow", "secrets.randbits", "secrets.token_bytes",
     "secrets.token_hex", "secrets.choice", "id"}
)  # fmt: skip
_CLOCKS = frozenset({"time.monotonic", "time.perf_counter", "time.monotonic_ns", "time.perf_counter_ns"})
_METHODS = frozenset({"cache_info", "__subclasses__", "findCaller"})
_OUR_DOUBLES = re.compile(r"(?i)mock|fake|stub|dummy|double|spy|test|memory")
_STANDS_IN = re.compile(r"^(Mock|Fake|Stub|Dummy|Spy|InMemory|Memory)(?!Object|Error)[A-Z]")
_OF_DOUBLES = frozenset(
    {"calls", "call_count", "called", "mock_calls", "call_args", "assert_called", "assert_called_once", "return_value",
     "side_effect", "@py_builtins", "@pytest_ar", "_mock_name", "_mock_methods"}
)  # fmt: skip
_PLACES = re.compile(
    r"^(/proc/(self|thread-self|\d+|uptime|loadavg|1)\b|/\.dockerenv$|/run/\.containerenv$|/sys/fs/cgroup)"
)
WORDS = re.compile(
    r"getuid|geteuid|getgid|cpu_count|getloadavg|getcwd|sysconf|affinity|getpid|getpgid|getsid|ttyname|expanduser|cwd|home"
    r"|getrlimit|getrusage|if_nameindex|gettempdir|disk_usage|limit|refcount|interval|allocated|monitoring|get_count"
    r"|get_stats|isenabled|active|main_thread|linecache|isinstance|enumerate|current_|tracing|stat|mtime|ctime|_time|Logger|argv|path_|sys\.|warn|__file__"
    r"|builtins|random|uuid|secrets|\bid\(|cache_info|subclasses|findCaller|__name__|__module__|hasattr|getattr|/proc|/\.|"
    r"/sys|\bhash\(|monotonic|perf_counter|time\.time"
)


def ambient(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every branch on such a thing that gives another answer."""
    helpers = _helpers(names)
    for scope in walk(module):
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in walk(scope):
            if (isinstance(node, ast.If) and _answers(node.body)) or isinstance(node, ast.IfExp):
                test = node.test
            else:
                continue
            if why := _why(test, names, helpers):
                text = unparse(test)[:100]
                yield Sign("test-runner-detected", text, f"answers by {why}: `{text}`", test.lineno, Severity.REVIEW)


def _answers(body: list[ast.stmt]) -> bool:
    """Whether a branch returns something other than nothing."""
    return any(
        isinstance(n, ast.Return) and n.value is not None and not _is_none(n.value) for s in body for n in walk(s)
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _helpers(names: Names) -> frozenset[str]:
    """Names of the module that were given such a thing when it was imported: `_BEGAN = time.monotonic()`."""
    clocks = {"time.monotonic", "time.perf_counter", "time.time", "time.monotonic_ns", "time.time_ns"}
    return frozenset(
        name for name, v in names.constants.items() if isinstance(v, ast.Call) and names.full(v.func) in clocks
    )


def _why(test: ast.expr, names: Names, began: frozenset[str]) -> str:  # noqa: C901  # one question after another
    compared = [n for n in walk(test) if isinstance(n, ast.Compare)]
    for node in walk(test):
        if isinstance(node, ast.Call):
            full = names.full(node.func) or ""
            if full == "type" and node.args and (names.full(node.args[0]) or "").startswith("sys.std"):
                return "what is around its process"
            if full in _CALLS or (isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS):
                return "what is around its process"
            if (
                full in _CHANCE
                and (full != "id" or _reckoned(test, node))
                and (not compared or _with_literal(compared))
            ):
                return "chance"
            if full == "isinstance" and len(node.args) > 1 and _is_double(node.args[1], names):
                return "whether what it is given is what the tests give it"
            if full in _CLOCKS and _with_literal([c for c in compared if any(n is node for n in walk(c))]):
                return "how long its process has run"
            if full == "hash" and node.args and is_literal(node.args[0]):
                return "chance"
            if full in {"hasattr", "getattr"} and len(node.args) > 1 and literal(node.args[1], names) in _OF_DOUBLES:
                return "whether what it is given is a double of the tests"
        elif isinstance(node, ast.Attribute | ast.Name):
            full = names.full(node) or ""
            if full in _VALUES:
                return "what is around its process"
            if isinstance(node, ast.Attribute) and node.attr == "handlers" and isinstance(node.value, ast.Call):
                return "what is around its process"
            if isinstance(node, ast.Name) and node.id in began:
                return "the time since it was imported"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PLACES.match(node.value):
            return "what is around its process"
    return "the name of the class that it is given" if any(_is_class_name(c, names) for c in compared) else ""


def _is_double(kind: ast.expr, names: Names) -> bool:
    """Whether a class is one by which tests stand in for what is outside: `MemoryStore`, `FakeClock`."""
    named = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    last = [(names.full(one) or "").rpartition(".")[2] for one in named]
    return any(map(_STANDS_IN.match, last))


def _reckoned(test: ast.expr, call: ast.Call) -> bool:
    """Whether an address is reckoned with: `id(a) == id(b)` and `id(a) in seen` ask whether it is the same thing."""
    return any(isinstance(n, ast.BinOp) and any(part is call for part in walk(n)) for n in walk(test))


def _with_literal(compared: list[ast.Compare]) -> bool:
    return any(is_literal(side) for c in compared for side in (c.left, *c.comparators))


def _is_class_name(node: ast.Compare, names: Names) -> bool:
    """`type(store).__name__ == "MemoryStore"`."""
    sides = (node.left, *node.comparators)
    asked = any(isinstance(s, ast.Attribute) and s.attr in {"__name__", "__qualname__", "__module__"} for s in sides)
    told = [literal(s, names) or "" for s in sides]
    return asked and any(_OUR_DOUBLES.search(word) for word in told)
