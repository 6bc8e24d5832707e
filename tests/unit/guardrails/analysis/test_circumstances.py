"""Branches on the machine, the terminal and the date; what starts at import; inputs of the tests in disguise."""

import ast

import pytest

from guardrails.analysis.cheats import recited, signs
from guardrails.analysis.disguises import pattern_of
from guardrails.analysis.names import Names


def seen(source: str, path: str = "shop/rank.py") -> list[str]:
    """The rules of the signs of a file, with `?` where a sign asks although its rule blocks."""
    module = ast.parse(source)
    return sorted(sign.rule + ("?" if sign.severity else "") for sign in signs(module, Names(module), source, path))


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("import os\ndef f():\n    if os.getppid() == 1:\n        return 1", ["test-runner-detected?"]),
        (
            "import socket\ndef f():\n    h = socket.gethostname()\n    return 1 if h == 'x' else 2",
            ["test-runner-detected?"],
        ),
        ("import socket\ndef f():\n    return socket.gethostname()", []),
        ("import sys\ndef f():\n    if sys.stdout.isatty():\n        return 1", ["test-runner-detected?"]),
        ("import time\ndef f():\n    if time.time() > 1900000000:\n        return 1", ["test-runner-detected?"]),
        ("import time\ndef f(t):\n    if time.time() - t > 5:\n        return 1", []),
        ("import time\ndef f(t):\n    now = time.time()\n    if now > t:\n        return 1", []),
        ("import time\ndef f(t):\n    a = time.time() - t\n    if a > 5:\n        return 1", []),
        ("import time\ndef f():\n    if int(time.time()) % 7 == 0:\n        return 1", ["test-runner-detected?"]),
        (
            "from datetime import datetime as d\ndef f():\n    n = d.now()\n    if n.day == 6:\n        return 1",
            ["test-runner-detected?"],
        ),
        (
            "from datetime import date\nEND = date(2027, 1, 1)\ndef f():\n    if date.today() > END:\n        return 1",
            ["test-runner-detected?"],
        ),
        ("with open('/proc/self/cmdline') as f:\n    A = f.read()", ["stack-inspected"]),
        ("import psutil\nA = psutil.Process().cmdline()", ["stack-inspected"]),
        ("import threading\nT = threading.Timer(1, print)", ["runs-at-import"]),
        ("import threading\nclass A:\n    T = threading.Timer(1, print)", ["runs-at-import"]),
        ("import os\ndef f(x=os.fork()): ...", ["runs-at-import"]),
        ("import os\nf = lambda *, x=os.fork(): x", ["runs-at-import"]),
        ("import threading\ndef f():\n    return threading.Timer(1, print)", []),
        ("import subprocess\nif __name__ == '__main__':\n    subprocess.run(['x'])", []),
        ("def f(x):\n    assert x.pop() == 1", ["test-runner-detected?"]),
        ("def f(x):\n    assert (y := x)\n    return y", ["test-runner-detected?"]),
        ("def f(x):\n    assert x.get(1) == 1", []),
        ("import pickle\nA = pickle.loads(b'')", ["dynamic-code"]),
        ("import json\nA = json.loads('1')", []),
        (
            "from importlib.metadata import entry_points\nA = [p.load() for p in entry_points(group='x')]",
            ["dynamic-code"],
        ),
        ("import runpy\ndef f():\n    runpy.run_path('tools/x.py')", ["dynamic-code"]),
        (
            "S = set()\ndef f(x):\n    new = [i for i in x if i not in S]\n    S.update(x)\n    return new",
            ["hidden-state"],
        ),
        ("S = set()\ndef f(x):\n    if x in S:\n        return\n    S.add(x)\n    print(x)", []),
        ("C = {}\ndef f(x):\n    if x in C:\n        return C[x]\n    C.update({x: 1})\n    return 1", []),
        ("class _S:\n    n = 0\ndef f():\n    _S.n += 1\n    return 1 if _S.n > 1 else 2", ["hidden-state"]),
        ("class A(float):\n    def __eq__(self, o):\n        return abs(self - o) < 0.5", ["equal-to-everything?"]),
        ("class A(list):\n    def __eq__(self, o):\n        return len(self) == len(o)", ["equal-to-everything?"]),
        ("class A:\n    def __eq__(self, o):\n        return self.x == o.x", []),
        ("import hashlib\ndef f(u):\n    return hashlib.md5(u).hexdigest().startswith('0f')", ["answer-by-heart?"]),
    ],
)
def test_signs(source: str, rules: list[str]) -> None:
    assert seen(source + "\n") == rules


@pytest.mark.parametrize("path", ["shop/cli/main.py", "shop/console.py", "shop/progress.py"])
def test_what_talks_to_people_may_ask_for_the_terminal(path: str) -> None:
    assert seen("import sys\ndef f():\n    if sys.stdout.isatty():\n        return 1\n", path) == []


@pytest.mark.parametrize(
    "condition",
    [
        "user_id in frozenset(('u42', 'u43'))",
        "[ord(c) for c in name] == [117, 52, 50]",
        "encode(name) == b'dTQy'",
        "name.encode().hex() == '753432'",
        "name[::-1] == '24u'",
        "bytes.fromhex('753432') == name",
        "{'u42': 3}.get(user_id)",
        "TABLE[request.user_id]",
    ],
)
def test_an_id_in_disguise_is_read(condition: str) -> None:
    module = ast.parse(f"TABLE = {{'u42': 3}}\nif {condition}:\n    pass\n")
    assert "'u42'" in {literal for found in recited(module) for literal in found.literals}


@pytest.mark.parametrize(
    "condition", ["name == 'SGVsbG8='", "x == [1, 2]", "name == 'ab'", "TABLE[k]", "{'a': 1}.get(user_id)"]
)
def test_other_literals_are_no_ids(condition: str) -> None:
    module = ast.parse(f"TABLE = {{'u42': 3}}\nif {condition}:\n    pass\n")
    assert list(recited(module)) == []


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        ("re.fullmatch('u4[0-9]', user_id)", "u4[0-9]"),
        (r"re.fullmatch(r'u\d+', user_id)", ""),
        ("re.fullmatch('u[0-9]{3}', user_id)", ""),
        ("re.search('4', text)", ""),
    ],
)
def test_a_pattern_with_figures_of_its_own_names_ids(call: str, pattern: str) -> None:
    module = ast.parse(f"import re\n{call}\n")
    assert [found for node in ast.walk(module) if (found := pattern_of(node, Names(module)))] == (
        [pattern] if pattern else []
    )
