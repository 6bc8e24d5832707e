"""What reaches outside without an import that says so, and pure code beside it."""

import ast

import pytest

from guardrails.analysis.impurity import FAMILIES, families_of, touches
from guardrails.analysis.names import Names


def touched(code: str) -> list[str]:
    module = ast.parse(code)
    return [touch.what for touch in touches(module, Names(module))]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("def f():\n    return open('x').read()\n", "the disk"),
        ("def f(path):\n    return path.read_text()\n", "the disk"),
        ("import io\ndef f():\n    return io.open('x')\n", "the disk"),
        ("import numpy as np\ndef f():\n    return np.load('x')\n", "the disk"),
        ("import urllib.request\ndef f():\n    urllib.request.urlopen('http://x')\n", "the network"),
        ("from datetime import datetime as D\ndef f():\n    return D.now()\n", "the clock"),
        ("import uuid\ndef f():\n    return uuid.uuid4()\n", "chance"),
        ("import numpy as np\ndef f():\n    return np.random.default_rng()\n", "chance"),
        ("def f(x):\n    return sorted(x, key=lambda i: hash(i))\n", "chance"),
        ("def f(x):\n    print(x)\n", "a process"),
        ("N = {}\ndef f(x):\n    N[x] = N.get(x, 0) + 1\n", "what outlives the call"),
        ("N = 0\ndef f(x):\n    global N\n    N += 1\n", "what outlives the call"),
    ],
)
def test_what_reaches_outside(code: str, what: str) -> None:
    assert touched(code) == [what]


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import timedelta\nWEEK = timedelta(days=7)\n",
        "import uuid\ndef f(x):\n    return uuid.UUID(x)\n",
        "import numpy as np\ndef f(seed):\n    return np.random.default_rng(seed)\n",
        "from urllib.parse import quote\ndef f(x):\n    return quote(x)\n",
        "class A:\n    def __hash__(self):\n        return hash(self.x)\n",
        "def f(x):\n    n = {}\n    n[x] = n.get(x, 0) + 1\n    return n\n",
        "KEPT = {}\ndef f(x):\n    if x not in KEPT:\n        KEPT[x] = x * 2\n    return KEPT[x]\n",
        "def open(x):\n    return x\ndef f(x):\n    return open(x)\n",
    ],
)
def test_pure_code_reaches_nothing(code: str) -> None:
    assert touched(code) == []


def test_a_contract_that_forbids_most_keeps_from_all() -> None:
    assert families_of(["random", "shop.web"]) == {"chance"}
    assert families_of(["os", "random", "time"]) > FAMILIES.keys()
    assert families_of(["shop.web"]) == frozenset()
