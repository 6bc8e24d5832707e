"""Planted violations of the `scope` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Executable, LinkTo, Probe

_RANK = "def rank(scores):\n    return sorted(scores, reverse=True)\n"
_POLICY = 'schema = 1\n[project]\npackages = ["shop"]\n[scope]\nmax_files = 3\nmax_lines = 40\n'
BASE: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "shop/store.py": "STOCK = {}\n",
    "Makefile": "test:\n\tpytest\n",
    "guardrails.toml": _POLICY,
}
_HONEST = {"shop/rank.py": _RANK + "\n\ndef top(scores, k):\n    return rank(scores)[:k]\n"}


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None] | None = None) -> Probe:
    return Probe(f"scope/{rule}", BASE, bad, honest or _HONEST)


def _said(
    rule: str, bad: Mapping[str, str | None], bad_message: str, honest: Mapping[str, str | None], honest_message: str
) -> Probe:
    return Probe(f"scope/{rule}", BASE, bad, honest, bad_message, honest_message)


def _rank(line: str) -> Mapping[str, str | None]:
    return {"shop/rank.py": f"{_RANK}{line}\n"}


_STOCK: Mapping[str, str | None] = {"shop/store.py": "STOCK = {1: 2}\n"}
_LAID_OUT = {"shop/store.py": "STOCK = {\n}\n"}
_DOCUMENTED = {"shop/rank.py": _RANK.replace(":\n", ':\n    """Best first."""\n', 1)}
_REVERSED = {"shop/rank.py": _RANK.replace("True", "False")}

PROBES: tuple[Probe, ...] = (
    _probe("too-large", _rank("\n".join(f"LIMIT_{n} = {n}" for n in range(60)))),
    _probe("protected-path", {"Makefile": "test:\n\ttrue\n"}),
    _probe("submodule", {".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib\n'}),
    _probe("symlink", {"shop/stock.py": LinkTo("store.py")}),
    _probe("symlink-escapes", {"shop/table.py": LinkTo("/etc/passwd")}),
    _probe("executable-bit", {"shop/rank.py": Executable(_RANK)}, {"run": Executable("#!/bin/sh\n")}),
    _probe("binary", {"shop/table.dat": "1\0002"}),
    _probe("bidirectional-character", _rank("# \u202e is not shown as it runs"), _rank('MARK = "\\u202e"')),
    _probe("invisible-character", _rank("NAME = 'ra\u200bnk'"), _rank("NAME = 'ra\\u200bnk'")),
    _probe("control-character", _rank("# \x1b[2K"), _rank("CLEAR = '\\x1b[2K'")),
    _probe("confusable-identifier", _rank("r\u0430nk = None"), _rank("naïve = None")),
    _probe(
        "odd-encoding",
        {"shop/rank.py": "# -*- coding: utf-7 -*-\n" + _RANK},
        {"shop/rank.py": "# -*- coding: utf-8 -*-\n" + _RANK},
    ),
    _probe("product-deleted", {"shop/__init__.py": None, "shop/rank.py": None, "shop/store.py": None}),
    _probe("policy-unreadable", {"guardrails.toml": _POLICY + "max_linse = 3\n"}),
    _probe("file-name", {"shop/ra\u200bnk.py": _RANK}, {"shop/rerank.py": _RANK}),
    _probe("unportable-name", {"shop/Rank.py": _RANK}, {"shop/rerank.py": _RANK}),
    _probe("unreadable-line", _rank("TABLE = [" + "1," * 600 + "]"), _rank("TABLE = [" + "1," * 60 + "]")),
    _said("unknown-declaration", _HONEST, "Top\n\nIntent: feeture", _HONEST, "Top\n\nIntent: feature"),
    _said(
        "contradicting-declaration",
        {**_HONEST, ".guardrails/intent.toml": 'intent = ["refactor", "feature"]\n'},
        "Top",
        {**_HONEST, ".guardrails/intent.toml": 'intent = ["refactor", "test"]\n'},
        "Top",
    ),
    _said("out-of-area", {**_HONEST, **_STOCK}, "Top\n\nArea: rank", _HONEST, "Top\n\nArea: rank"),
    _said("out-of-intent", _HONEST, "Describe\n\nIntent: docs", _DOCUMENTED, "Describe\n\nIntent: docs"),
    _said("unrelated-formatting", {**_HONEST, **_LAID_OUT}, "Top", _LAID_OUT, "Wrap a line"),
    _said("claim-unsupported", _REVERSED, "Pure refactoring of rank", _HONEST, "Add top; tests will follow"),
)
