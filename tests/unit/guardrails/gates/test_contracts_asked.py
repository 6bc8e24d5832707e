"""Gate contracts, where the repository is the consumer: a shop that asks a depot, with the runs from a script."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.analysis.pact_demands import demands
from guardrails.analysis.pacts import parse
from guardrails.gates.contracts import ContractsGate
from guardrails.model.result import GateStatus, Outcome, judged
from guardrails.ports import SuiteRun
from guardrails.probes.contracts import BASE, asking, depot_pact, interaction, pact
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import Asked, ScriptedSuites, suite_run
from tests.unit.guardrails.gates.test_contracts import TWO, Provider, Scripted, told

PACT, TEST = "contracts/pacts/shop-depot.json", "contracts/consumers/shop/test_depot.py"
DEPOT = depot_pact()
ASKS: Mapping[str, Content] = {**BASE, **asking(DEPOT)}
PRODUCT: Mapping[str, Content | None] = {"shop.py": str(BASE["shop.py"]) + "\n"}
EDITED: Mapping[str, Content | None] = {TEST: str(ASKS[TEST]) + "\n# said better\n"}
GOOD = suite_run({f"{TEST}::test": "passed"})
FAILED = suite_run({f"{TEST}::test": "failed", f"{TEST}::test_another": "passed"})
NONE = suite_run({f"{TEST}::test": "failed"})


def ran(
    tmp_path: Path,
    head: Mapping[str, Content | None],
    *,
    base: Mapping[str, Content] = ASKS,
    runs: Mapping[str, SuiteRun] | None = None,
    written: Mapping[str, str | None] | None = None,
) -> tuple[Outcome, list[Asked]]:
    """runs, written: by side (head or trial), the run of the consumers' tests and the pact with the depot it writes."""
    bench = bench_of(tmp_path, base, head)
    for tree in {tree.root: tree for tree in (bench.trees.base, bench.trees.trial, bench.trees.head)}.values():
        (tree.root / "side").write_text(tree.root.name)
    suites = ScriptedSuites(lambda asked: (runs or {}).get(asked.side, GOOD))
    said = {"head": DEPOT, "trial": DEPOT, **(written or {})}

    class Writing(Scripted):
        def written(self, directory: Path) -> Mapping[str, str]:
            text = said[suites.asked[-1].side]
            return {"player-shop.json": TWO, **({"shop-depot.json": text} if text else {})}

    bench = replace(bench, processes=Provider(), pacts=Writing({}), suites=suites)  # type: ignore[arg-type]  # enough of one
    return ContractsGate().run(bench), suites.asked


def test_a_change_that_leaves_the_adapters_alone_passes_and_counts_what_is_asked(tmp_path: Path) -> None:
    outcome, asked = ran(tmp_path, PRODUCT)
    assert outcome.findings == ()
    assert outcome.work["interactions that shop asks for"] == outcome.floor["interactions that shop asks for"] == 1
    assert [one.side for one in asked] == ["head"], "the base's tests are the head's, and ran once"


def test_the_base_s_tests_run_where_the_head_has_other_ones(tmp_path: Path) -> None:
    outcome, asked = ran(tmp_path, {**PRODUCT, **EDITED})
    assert outcome.findings == ()
    assert [(one.side, one.paths) for one in asked] == [
        ("head", ("contracts/consumers",)),
        ("trial", ("contracts/consumers/shop",)),
    ]


def test_an_adapter_that_leaves_its_pact_blocks_though_the_test_went_along(tmp_path: Path) -> None:
    outcome, _ = ran(tmp_path, {**PRODUCT, **EDITED}, runs={"trial": FAILED}, written={"trial": None})
    assert told(outcome) == [("adapter-fails", "block")]
    [finding] = outcome.findings
    assert finding.path == PACT
    assert finding.what.startswith("shop no longer does 'the stock' with depot as the base's test has it: ")


def test_an_adapter_that_takes_its_pact_along_asks_for_a_person(tmp_path: Path) -> None:
    new = depot_pact().replace('"stock": 3', '"stock": "3"')
    runs, written = {"trial": FAILED}, {"trial": None, "head": new}
    outcome, _ = ran(tmp_path, {**PRODUCT, **EDITED, **asking(new)}, runs=runs, written=written)
    assert told(outcome) == [("adapter-fails", "review"), ("asks-more", "review"), ("interaction-weakened", "review")]
    assert judged("contracts", outcome, 0).status is GateStatus.FAILED, "a person decides: it could be judged"


def test_a_test_of_the_base_that_writes_nothing_and_does_not_fail_is_too_little(tmp_path: Path) -> None:
    silent, _ = ran(tmp_path, {**PRODUCT, **EDITED}, written={"trial": None})
    assert judged("contracts", silent, 0).status is GateStatus.ERROR
    none, _ = ran(tmp_path, {**PRODUCT, **EDITED}, runs={"trial": NONE}, written={"trial": None})
    assert told(none) == [("adapter-fails", "block")]
    assert none.findings[0].what.startswith("no test of the base as a consumer passes on the head's code: ")
    crashed = SuiteRun((), {}, complaint="it ended by itself", ended=False)
    outcome, _ = ran(tmp_path, {**PRODUCT, **EDITED}, runs={"trial": crashed}, written={"trial": None})
    assert told(outcome) == [("adapter-fails", "block")]


def test_a_pact_that_is_not_what_the_tests_write_is_drift(tmp_path: Path) -> None:
    other, _ = ran(tmp_path, PRODUCT, written={"head": depot_pact(shelf="A")})
    assert told(other) == [("pact-drift", "block")]
    none, _ = ran(tmp_path, PRODUCT, written={"head": None})
    assert ("pact-drift", "block") in told(none)
    assert "no test of shop as a consumer writes its pact with depot" in {one.what for one in none.findings}


def test_asking_for_more_is_told_and_asking_for_less_as_well(tmp_path: Path) -> None:
    more = depot_pact(shelf="A")
    outcome, _ = ran(tmp_path, {**PRODUCT, **asking(more)}, written={"head": more})
    assert told(outcome) == [("asks-more", "review")]
    assert outcome.findings[0].what == "shop now requires `shelf` (in 'the stock') of depot"
    less, _ = ran(tmp_path, {**PRODUCT, **asking(DEPOT)}, base={**BASE, **asking(more)})
    assert told(less) == [("interaction-weakened", "review")]


def test_the_first_pact_is_a_demand_and_the_last_may_go_with_a_person(tmp_path: Path) -> None:
    first, _ = ran(tmp_path, asking(DEPOT), base=BASE)
    assert told(first) == [("asks-more", "review")]
    assert first.findings[0].what == "shop now requires 'the stock' of depot"
    gone = dict.fromkeys(asking(DEPOT))
    last, _ = ran(tmp_path, gone, written={"head": None, "trial": None}, runs={"trial": FAILED})
    assert ("pact-removed", "review") in told(last)
    assert {severity for _, severity in told(last)} == {"review"}


def test_a_repository_that_only_asks_is_judged_by_what_it_asks(tmp_path: Path) -> None:
    base = {path: text for path, text in ASKS.items() if path != "contracts/pacts/player-shop.json"}
    bench = bench_of(tmp_path, base, PRODUCT)
    suites = ScriptedSuites(lambda _: GOOD)
    verifier = Scripted({"shop-depot.json": DEPOT})
    bench = replace(bench, processes=Provider(), pacts=verifier, suites=suites)  # type: ignore[arg-type]  # enough of one
    outcome = ContractsGate().run(bench)
    assert outcome.findings == ()
    assert dict(outcome.work) == dict(outcome.floor) == {"interactions that shop asks for": 1}


def stock(**changes: object) -> str:
    return pact(interaction("the stock", **changes)).replace('"shop"', '"depot"').replace('"player"', '"shop"')


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (stock(), None),
        (
            stock(request={"method": "GET", "path": "/tracks/7", "query": {"page": ["1"]}}),
            "an answer to another request",
        ),
        (stock(providerStates=[{"name": "the track is there"}, {"name": "it rains"}]), "another state"),
        (stock(response={"status": 204}), "the status"),
    ],
)
def test_what_is_asked_for_the_first_time(new: str, said: str | None) -> None:
    found = demands([parse("p.json", stock())], [parse("p.json", new)])
    assert [one.what for one in found] == ([f"shop now requires {said} (in 'the stock') of depot"] if said else [])
