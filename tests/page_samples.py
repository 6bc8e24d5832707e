"""A verdict that has everything a reviewer's page can show, for the tests of the page as a whole."""

from dataclasses import replace
from pathlib import Path

from guardrails.load.judgement import weigh
from guardrails.load.pictures import pictures
from guardrails.load.slo import Slo
from guardrails.model.example import Example, Moved, Reason
from guardrails.model.finding import Severity
from guardrails.model.load_run import StageTimes
from guardrails.model.picture import Pictures
from guardrails.model.result import Figure, GateResult, GateStatus
from guardrails.model.verdict import Verdict
from tests.difference_samples import difference_of
from tests.load_samples import run_of
from tests.verdict_samples import NASTY, finding, gate, of, unselected

LAYERS = """[importlinter]
root_package = shop

[importlinter:contract:down]
name = down
type = layers
containers = shop
layers =
    web
    cart
    store
"""
BASE = {
    ".importlinter": LAYERS,
    "pyproject.toml": '[project]\ndependencies = ["numpy>=2"]\n',
    "shop/web/a.py": "from shop.cart import one\n",
    "shop/cart/one.py": "import shop.store.disk\n\n\ndef total(items):\n    return sum(items)\n",
    "shop/store/disk.py": "".join(f"value_{n} = {n}\n" for n in range(60)),
    "shop/old.lock": "".join(f"line {n}\n" for n in range(50)),
    "tests/test_one.py": "def test_total():\n    assert 1\n\n\ndef test_gone():\n    assert 2\n",
}
HEAD = BASE | {
    "pyproject.toml": '[project]\ndependencies = ["numpy>=2.1", "left-pad"]\n',
    "shop/cart/one.py": "def total(items):\n    return sum(items) + 1\n",
    "shop/store/disk.py": "import shop.web.a\n" + "".join(f"price_{n} = {n}\n" for n in range(60)),
    "shop/old.lock": "".join(f"other {n}\n" for n in range(50)),
    "tests/test_one.py": "def test_total():\n    assert True\n\n\ndef test_new():\n    assert 2\n",
}


def load_pictures() -> Pictures:
    """Every picture of a load run whose head has a tail, with a stage of a long name that nobody has chosen well."""
    spent = {"rank": 3600.0, "merge": 900.0, "x" * 55 + "<b>&": 30.0}
    stages = {"base": StageTimes(spent), "head": StageTimes({**spent, "rank": 7200.0})}
    runs = [replace(run, stages=stages) for run in (run_of(tail=40.0), run_of(seed=2, latency=1.5))]
    return pictures(weigh(runs, Slo()))


def rich(directory: Path) -> Verdict:
    """Findings of every severity and of many gates, examples with their reasons, figures, layers, skipped gates."""
    lines = [finding(f"wrong {n}", path="shop/store/disk.py", line=n + 1, rule="lint/violation") for n in range(30)]
    nasty = [finding(text, path="shop/cart/one.py", line=2, severity=Severity.REVIEW) for text in NASTY]
    asked = finding("if `+ 1` were `- 1`, nothing fails", rule="mutants/survivor", severity=Severity.NOTE)
    broken = finding("`items[].price` is gone; shop-web reads it", rule="contracts/openapi-breaks", path="api.json")
    found = (*lines, *nasty, replace(asked, path="shop/cart/one.py", line=2), broken)
    load = GateResult(
        "load",
        GateStatus.PASSED,
        40.0,
        {"requests": 9000},
        {"requests": 100},
        notes=("measured for 40 s",),
        figures=(Figure("processor time a request", "ms", 0.2, 0.3, 1.5, 1.4, 1.6, 1.1),),
        pictures=load_pictures(),
    )
    moved = (Moved("b", 2, 1, (Reason("score", "0.3", "0.9"),)), Moved("a", 1, 2, ()), Moved("c", None, 3, ()))
    example = Example("POST /r", "u1", "moved b", ("a", "b"), ("b", "a", "c"), 0.66, moved, (Reason("x", "1", ""),))
    plain = Example("GET /r", "", "moved b", ("a",), (), 0.0, unexplained="the head died")
    behaviour = GateResult("behaviour", GateStatus.PASSED, 9.0, {"n": 9}, {"n": 1}, examples=(example, plain))
    verdict = of(gate("lint", *found), behaviour, load, unselected("types"), notes=("a note",))
    return replace(verdict, difference=difference_of(directory, BASE, HEAD, found))
