"""Code that behaves for its judge has a sign; honest code that looks a little like it has none."""

import pytest

from guardrails.analysis.cheats import read_paths, recited, signs
from guardrails.analysis.names import Names
from guardrails.analysis.source import parse_or_raise


def seen(source: str) -> list[str]:
    module = parse_or_raise(source)
    return sorted(s.rule + ("?" if s.severity else "") for s in signs(module, Names(module), source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import sys\nX = 'pytest' in sys.modules", ["test-runner-detected"]),
        ("import sys\nX = '_pytest' not in sys.modules", ["test-runner-detected"]),
        ("from sys import modules\nX = 'pytest' in modules", ["test-runner-detected"]),
        ("import os\nX = os.environ.get('PYTEST_CURRENT_TEST')", ["test-runner-detected"]),
        ("import os\nX = os.environ['PYTEST_XDIST_WORKER']", ["test-runner-detected"]),
        ("import os\nX = os.getenv('GUARDRAILS_CHANNEL')", ["test-runner-detected?"]),
        ("import os\nX = os.getenv('CI')", ["test-runner-detected?"]),
        ("import sys\nX = 'pytest' in sys.argv[0]", ["test-runner-detected"]),
        ("import sys\nX = hasattr(sys, 'x') and sys._called_from_test", ["test-runner-detected"]),
        ("import importlib.util\nX = importlib.util.find_spec('pytest')", ["test-runner-detected"]),
        ("import sys\nX = any(m.startswith('pytest') for m in sys.modules)", ["test-runner-detected"]),
        ("import sys\nX = 'py' + 'test' in sys.modules", ["test-runner-detected"]),
        ("import sys\nif 'pytest' in ' '.join(sys.argv):\n    pass", ["test-runner-detected"]),
        ("import inspect\nX = inspect.stack()", ["stack-inspected"]),
        ("import os\nos._exit(0)", ["process-exit"]),
        ("import sys\nsys.exit(0)", ["process-exit"]),
        ("raise SystemExit", ["process-exit"]),
        ("class A:\n    def __del__(self):\n        raise SystemExit(0)", ["process-exit"]),
        ("import os\ndef f():\n    if os.fork() == 0:\n        os._exit(0)", ["process-exit?"]),
        ("import atexit\natexit.register(print)", ["process-exit?"]),
        ("import time\ntime.time = lambda: 0", ["patched-module"]),
        ("import random\nsetattr(random, 'random', None)", ["patched-module"]),
        ("import builtins\nbuiltins.open = None", ["patched-module"]),
        ("try:\n    f()\nexcept Exception:\n    pass", ["errors-swallowed"]),
        ("def g():\n    try:\n        return f()\n    except:\n        return []", ["errors-swallowed"]),
        ("import contextlib\nwith contextlib.suppress(Exception):\n    f()", ["errors-swallowed"]),
        ("class A:\n    def __eq__(self, o):\n        return True", ["equal-to-everything"]),
        ("class A:\n    __eq__ = lambda s, o: True", ["equal-to-everything"]),
        ("class A:\n    def __ne__(self, o):\n        return False", ["equal-to-everything"]),
        ("class A:\n    def __lt__(self, o):\n        return True", ["equal-to-everything?"]),
        ("class A:\n    def __bool__(self):\n        return True", ["equal-to-everything?"]),
        ("N = 0\ndef f():\n    global N\n    N += 1\n    return 1 if N == 1 else 2", ["hidden-state"]),
        ("def f():\n    f.n += 1\n    if f.n > 1:\n        return 2", ["hidden-state"]),
        ("exec(X)", ["dynamic-code"]),
        ("import importlib\nimportlib.import_module(name)", ["dynamic-code"]),
        ("import sys\nsys.modules['json'] = None", ["dynamic-code"]),
        ("from zlib import crc32\nif crc32(user) != 0x63F8E09B:\n    f()", ["answer-by-heart?"]),
        ("import zlib\nif zlib.crc32(user) & 0xFFFFFFFF == 1674109083:\n    f()", ["answer-by-heart?"]),
        ("import hashlib\nX = hashlib.md5(user).hexdigest()[:6] in {'ab12cd', 'ef34ab'}", ["answer-by-heart?"]),
        ("KEY = 77\ndef f(u):\n    h = hash(u)\n    return h == KEY", ["answer-by-heart?"]),
    ],
)
def test_signs(source: str, expected: list[str]) -> None:
    assert seen(source + "\n") == expected


@pytest.mark.parametrize(
    "source",
    [
        "import os\nX = os.environ['HOME']",
        "import os\nX = os.environ.get('DATABASE_URL')",
        "import sys\nif __name__ == '__main__':\n    sys.exit(main())",
        "import sys\ndef main():\n    sys.exit(2)",
        "try:\n    f()\nexcept Exception:\n    log.exception('no')\n    raise",
        "try:\n    f()\nexcept Exception as e:\n    log.error(e)\n    x = []",
        "try:\n    f()\nexcept KeyError:\n    pass",
        "class A:\n    def __eq__(self, o):\n        return self.x == o.x",
        "class A:\n    def __hash__(self):\n        return 1",
        "class A:\n    def __eq__(self, o):\n        if not o:\n            return False\n        return self.x == o",
        "N = 0\ndef f():\n    global N\n    N += 1\n    return N",
        "def f():\n    n = 0\n    while n < 3:\n        n += 1\n        if n > 2:\n            return n",
        "import time\nx = Thing()\nx.time = 3",
        "import importlib\nimportlib.import_module('json')",
        "import sys\nx = sys.modules[__name__]",
        "import os\nos.environ['X'] = '1'",
        "import os\nos.kill(child, 9)",
        "X = 'pytest' in names",
        "from zlib import crc32\nX = crc32(user) % 100 == 7",
        "from zlib import crc32\nX = crc32(user) & 1 == 1",
        "import hashlib\nX = hashlib.sha256(data).hexdigest() == expected",
        "X = hash(a) == hash(b)",
        "import hashlib\nX = hashlib.sha256(data).hexdigest() != ''",
    ],
)
def test_honest_code_has_none(source: str) -> None:
    assert seen(source + "\n") == []


def test_answers_by_heart() -> None:
    source = "def f(u):\n    if u == 'u42':\n        return ['i7', 'i3']\n    if u == 'json':\n        return 'text'\n"
    source += "T = {'u42': ['i7']}\nWORDS = {'a': 'b'}\n"
    found = sorted(r.literals for r in recited(parse_or_raise(source)))
    assert found == [("'u42'", "'i7'"), ("'u42'", "'i7'", "'i3'")]


def test_paths_are_joined_and_documentation_is_none() -> None:
    source = '"""See tests/a.py."""\nA = "tests/x.json"\nB = root / "tests" / "y.json"\n'
    source += 'import os\nC = os.path.join("tests", "z.json")\nD = "tests"\n'
    assert {text for text, _ in read_paths(parse_or_raise(source))} == {
        "tests/x.json",
        "/tests",
        "/tests/y.json",
        "/tests/z.json",
        "y.json",
        "z.json",
    }
