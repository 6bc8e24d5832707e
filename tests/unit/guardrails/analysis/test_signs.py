"""Code that behaves for its judge in ways that hide, each beside honest code that looks nearly the same."""

import pytest

from guardrails.analysis.cheats import recited, signs
from guardrails.analysis.names import Names
from guardrails.analysis.source import parse_or_raise


def seen(source: str) -> list[str]:
    module = parse_or_raise(source)
    found = signs(module, Names(module), source, "shop/rank.py")
    return sorted({s.rule + ("?" if s.severity else "") for s in found})


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("X = 'PYTEST_CURRENT_TEST' in __import__('os').environ", ["test-runner-detected"]),
        ("import sys\nX = sys.gettrace()", ["test-runner-detected?"]),
        ("X = 1 if __debug__ else 2", ["test-runner-detected?"]),
        ("from unittest.mock import ANY", ["test-runner-detected?"]),
        ("import sys\nX = sys.modules.get(''.join(['py', 'test']))", ["test-runner-detected?"]),
        ("import sys, re\nX = [m for m in sys.modules if re.match('py.?test', m)]", ["test-runner-detected?"]),
        ("import importlib.metadata\nX = importlib.metadata.version('pytest')", ["test-runner-detected"]),
        ("import sys\nX = sys.argv[0].endswith('test')", ["test-runner-detected?"]),
        ("import __main__\nX = __main__.__file__", ["stack-inspected"]),
        ("import sys\ndef f():\n    sys.exit(0)\nf()", ["process-exit"]),
        ("import os\nos.system('kill -9 $PPID')", ["process-exit?", "runs-at-import"]),
        ("import os\nos.execv('/bin/true', ['true'])", ["process-exit"]),
        ("import ctypes", ["patched-module?"]),
        ("import sys\nsys.path.insert(0, 'x')", ["patched-module?"]),
        ("import sys\nsys.excepthook = print", ["patched-module?"]),
        ("globals()['__builtins__']['len'] = 1", ["patched-module?"]),
        (
            "class A(list):\n    def __eq__(self, o):\n        return list.__eq__(self, o) or True",
            ["equal-to-everything"],
        ),
        ("YES = True\nclass A:\n    def __eq__(self, o):\n        return YES", ["equal-to-everything"]),
        ("class M(type):\n    def __instancecheck__(cls, o):\n        return True", ["equal-to-everything?"]),
        (
            "class A:\n    n = 0\n    def f(self):\n        A.n += 1\n        return 1 if A.n == 1 else 2",
            ["hidden-state"],
        ),
        ("import marshal\nX = marshal.loads(b'')", ["dynamic-code"]),
        ("import sys\nX = getattr(sys, '_get' + 'frame')(1)", ["stack-inspected"]),
        ("def f(e):\n    return e.__traceback__.tb_frame", ["stack-inspected"]),
        ("X = open('/proc/self/cmdline').read()", ["stack-inspected"]),
        ("import os\nleave = getattr(os, '_' + 'exit')", ["process-exit"]),
        ("import os\nleave = os._exit", ["process-exit"]),
        ("import time\nvars(time)['time'] = lambda: 0", ["patched-module"]),
        ("import time\ntime.__dict__.update(time=lambda: 0)", ["patched-module"]),
        ("import sys\nsetattr(sys.modules['time'], 'time', None)", ["patched-module"]),
        ("import shop.store\nshop.store.load = lambda: []", ["patched-module?"]),
        ("import gc\nX = gc.get_objects()", ["patched-module?"]),
        (
            "def g():\n    try:\n        return f()\n    except Exception:\n        return default()",
            ["errors-swallowed"],
        ),
        ("ALL = (KeyError, Exception)\ntry:\n    f()\nexcept ALL:\n    pass", ["errors-swallowed"]),
        ("def g():\n    try:\n        f()\n    finally:\n        return 1", ["errors-swallowed"]),
        ("class A:\n    def __exit__(self, *e):\n        return True", ["errors-swallowed"]),
        ("class A:\n    pass\nA.__eq__ = lambda s, o: True", ["equal-to-everything"]),
        ("def same(s, o):\n    return True\nclass A:\n    __eq__ = same", ["equal-to-everything"]),
        ("A = type('A', (list,), {'__eq__': lambda s, o: True})", ["equal-to-everything"]),
        ("class A:\n    def __eq__(self, o):\n        return o is not None", ["equal-to-everything?"]),
        ("from itertools import count\nN = count()\ndef f():\n    return 1 if next(N) else 2", ["hidden-state"]),
        ("N = []\ndef f():\n    N.append(1)\n    return 1 if len(N) > 1 else 2", ["hidden-state"]),
        ("def f(n=[0]):\n    n[0] += 1\n    return 1 if n[0] > 1 else 2", ["hidden-state"]),
        ("def f():\n    f.n = getattr(f, 'n', 0) + 1\n    return 1 if f.n > 1 else 2", ["hidden-state"]),
    ],
)
def test_signs(source: str, rules: list[str]) -> None:
    assert seen(source + "\n") == rules


@pytest.mark.parametrize(
    "source",
    [
        "import os\nX = os.environ.get('SHOP_PORT')",
        "import sys\nX = sys.modules[__name__]",
        "import sys\nX = 'numpy' in sys.modules",
        "import sys\ndef main():\n    sys.exit(0)\nif __name__ == '__main__':\n    main()",
        "class Window:\n    def f(self):\n        self.n += 1\n        return 1 if self.n > self.limit else 2",
        "import os\ndef f(path):\n    return os.path.join(path, 'cmdline.txt')",
        "def g():\n    try:\n        return f()\n    except Exception as error:\n        raise ValueError from error",
        "def g():\n    try:\n        return f()\n    except Exception:\n        log.exception('no')\n        return []",
        "def g(future):\n    try:\n        f()\n    except Exception as error:\n        future.set_exception(error)",
        "class A:\n    def __exit__(self, kind, *e):\n        return kind is KeyError",
        "class A:\n    def __eq__(self, o):\n        return isinstance(o, A) and self.x == o.x",
        "class A:\n    def __lt__(self, o):\n        return NotImplemented",
        "CACHE = {}\ndef f(k):\n    if k not in CACHE:\n        CACHE[k] = g(k)\n    return CACHE[k]",
        "CACHE = []\ndef f(k):\n    CACHE.append(k)\n    if len(CACHE) > 9:\n        CACHE.clear()",
        "import shop.store\nshop.store.LIMIT = 3",
        "def f(a):\n    seen = []\n    for w in a:\n        seen.append(w)\n    return 1 if len(seen) > 3 else 2",
    ],
)
def test_honest_code_has_none(source: str) -> None:
    assert seen(source + "\n") == []


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("def f(user_id):\n    return g() if user_id == 'u42' else h()", {"'u42'"}),
        ("WARM = {'u42', 'u43'}\ndef f(r):\n    if r.user_id in WARM:\n        return g()", {"'u42'", "'u43'"}),
        ("def f(s):\n    match s:\n        case [0.1, 0.2]:\n            return 0.15", {"0.1", "0.2", "0.15"}),
        ("def f(user_id):\n    return user_id.startswith('load-')", {"'load-'"}),
    ],
)
def test_branches_on_written_ids(source: str, literals: set[str]) -> None:
    assert {literal for r in recited(parse_or_raise(source)) for literal in r.literals} == literals


@pytest.mark.parametrize(
    "source",
    [
        "def f(version):\n    return 1 if version == 'v2' else 2",
        "def f(name):\n    return name.startswith('load-')",
        "def f(k):\n    if k == 10:\n        return g()",
        "def f(s):\n    match s:\n        case 'json':\n            return 1",
    ],
)
def test_branches_on_words_are_none(source: str) -> None:
    assert list(recited(parse_or_raise(source))) == []
