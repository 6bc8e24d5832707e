"""What a module does when it is imported: what it starts, and what it changes for all code of the process.

Limits, signals, descriptors, warnings and chance belong to every other module too, tests included.
"""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse
from guardrails.model.finding import Severity

_CHANGES = frozenset(
    {"resource.setrlimit", "os.closerange", "os.close", "os.dup2", "os.dup", "os.chdir", "os.umask", "os.nice",
    "os.putenv",
     "os.unsetenv", "os.setsid", "os.setpgid", "os.sched_setaffinity", "sys.setrecursionlimit", "sys.setswitchinterval",
     "signal.signal", "signal.pthread_sigmask", "signal.siginterrupt", "random.seed", "random.setstate",
     "numpy.random.seed", "warnings.resetwarnings", "logging.disable", "gc.disable",
     "gc.set_threshold", "gc.freeze", "locale.setlocale", "socket.setdefaulttimeout", "time.sleep", "time.tzset",
     "faulthandler.enable", "faulthandler.disable", "faulthandler.cancel_dump_traceback_later",
     "sys.set_int_max_str_digits",
     "threading.stack_size", "tracemalloc.start", "asyncio.set_event_loop_policy"}
)  # fmt: skip
_STARTS = frozenset(
    {"pty.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp", "os.spawnl", "os.spawnv", "os.spawnlp",
    "os.spawnvp",
     "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor", "multiprocessing.Pool",
     "multiprocessing.pool.ThreadPool", "_thread.start_new", "_thread.interrupt_main", "socketserver.TCPServer",
     "asyncio.create_task", "asyncio.ensure_future",
     "threading.Thread", "threading.Timer", "multiprocessing.Process", "os.fork", "os.system", "os.popen",
     "asyncio.run", "subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call",
     "subprocess.check_output", "socket.create_connection", "urllib.request.urlopen", "requests.get", "requests.post",
     "httpx.get", "httpx.post", "_thread.start_new_thread", "signal.setitimer", "faulthandler.dump_traceback_later"}
)  # fmt: skip
_LEAVING = frozenset({"KeyboardInterrupt", "GeneratorExit", "BaseException", "BaseExceptionGroup"})


def at_import(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every call at the top of a module, or of a class, that changes or starts something for the whole process."""
    todo: list[ast.AST] = list(module.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += [*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", [])]
            continue
        if isinstance(node, ast.If) and "__main__" in unparse(node.test) and "!=" not in unparse(node.test):
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call):
            full, text = names.full(node.func) or "", unparse(node)[:100]
            if full in _CHANGES or (full in {"warnings.filterwarnings", "warnings.simplefilter"} and _is_blanket(node)):
                what = f"changes the whole process when it is imported: `{text}`"
                yield Sign("runs-at-import", text, what, node.lineno)
            elif full in _STARTS:
                yield Sign("runs-at-import", text, f"starts something when it is imported: `{text}`", node.lineno)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if names.full(raised) in _LEAVING:
                text = unparse(node)[:100]
                what = f"ends the run that imports it, past every handler: `{text}`"
                yield Sign("process-exit", text, what, node.lineno, Severity.REVIEW)


def _is_blanket(node: ast.Call) -> bool:
    """`filterwarnings("ignore")` of no message, class or module."""
    return len(node.args) == 1 and not node.keywords
