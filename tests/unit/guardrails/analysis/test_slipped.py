"""Code that hangs on what is around it, remembers, singles out or takes for equal; and honest code beside it."""

import ast

import pytest

from guardrails.analysis.cheats import signs
from guardrails.analysis.names import Names
from guardrails.analysis.singled_out import held, singled_out


def seen(code: str) -> set[str]:
    module = ast.parse(code)
    return {sign.rule for sign in signs(module, Names(module), code, "shop/rank.py")}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import os\ndef f(x):\n    if os.getuid() == 0:\n        return []\n", "test-runner-detected"),
        ("import random\ndef f(x):\n    if random.random() < 0.01:\n        return []\n", "test-runner-detected"),
        ("def f(x):\n    if hasattr(x, 'calls'):\n        return []\n", "test-runner-detected"),
        ("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n", "runs-at-import"),
        ("def f():\n    return 1\nf.__code__ = (lambda: 2).__code__\n", "patched-module"),
        ("S = {1: True}\ndef f(x):\n    if S[1]:\n        return x\n    S[1] = False\n", "hidden-state"),
        ("class A:\n    def __eq__(self, o):\n        return isinstance(o, type(self))\n", "equal-to-everything"),
        ("import linecache as l\ndef f(x):\n    if l.cache:\n        return [x]\n", "test-runner-detected"),
        (
            "from m import MemoryStore\ndef f(s):\n    if isinstance(s, MemoryStore):\n        return [s]\n",
            "test-runner-detected",
        ),
        ("import time\ndef f(x):\n    if time.perf_counter() > 60:\n        return []\n", "test-runner-detected"),
        (
            "class A:\n    def __getattribute__(self, n):\n        return 'i1' if n == 'id' else n\n",
            "equal-to-everything",
        ),
        ("_A = []\ndef f(x):\n    _A.append(x)\n    return _A[0]\n", "hidden-state"),
        ("from pathlib import Path\nF = list(Path(__file__).parents[1].rglob('*.json'))\n", "reads-judges"),
        ("def f(x):\n    try:\n        x()\n    except type(ValueError()):\n        return []\n", "errors-swallowed"),
    ],
)
def test_is_seen(code: str, rule: str) -> None:
    assert rule in seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nWORKERS = os.cpu_count() or 1\n",
        "import random\ndef f(x, rate):\n    if random.random() < rate:\n        return x\n    return []\n",
        "class A:\n    def __eq__(self, o):\n        return isinstance(o, A) and self.x == o.x\n",
        "class A:\n    def close(self):\n        if self.closed:\n            return\n        self.closed = True\n",
        "class A:\n    def get(self):\n        if not self.up:\n            self.up = True\n        return self.c\n",
        "def f(s):\n    if isinstance(s, (MemoryError, MemoryObjectStream)):\n        return [s]\n",
        "import time\ndef f(end):\n    if time.monotonic() > end:\n        return []\n",
        "_A = []\ndef f(x):\n    _A.append(x)\n    return x[0]\n",
        "from pathlib import Path\nF = list((Path(__file__).parent / 'sql').glob('*.sql'))\n",
        "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n",
        "def f(x, h):\n    try:\n        x()\n    except Exception:\n        h.handle_exception()\n",
    ],
)
def test_is_left_alone(code: str) -> None:
    assert seen(code) == set()


@pytest.mark.parametrize(
    ("test", "word"),
    [
        ("user_id == chr(117) + '42'", "u42"),
        ("{'u42'} & {user_id}", "u42"),
        ("user_id == 'u%d' % 42", "u42"),
        ("int(user_id[1:]) == 42", "42"),
        ("user_id.encode().hex() == '753432'", "u42"),
    ],
)
def test_an_id_is_singled_out_however_it_is_put_together(test: str, word: str) -> None:
    module = ast.parse(f"def f(user_id):\n    if {test}:\n        return []\n")
    assert word in {one.word for one in singled_out(module, Names(module))}


@pytest.mark.parametrize("test", ["hash(user_id) % 10 == 3", "item.kind == 'mp3'", "not user_id", "len(user_id) > 3"])
def test_nobody_is_singled_out(test: str) -> None:
    module = ast.parse(f"def f(user_id, item):\n    if {test}:\n        return []\n")
    assert list(singled_out(module, Names(module))) == []


def test_a_table_of_data_has_several_ids() -> None:
    assert held('{"u42": ["i7", "i4"]}') == {"u42", "i7", "i4"}
    assert held('{"u42": 1}') == frozenset()
