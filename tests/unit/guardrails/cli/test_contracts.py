"""`guardrails contracts`: from a verdict to the answer whether a version can be deployed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.ledger import ledger_path
from guardrails.analysis.pacts import parse
from guardrails.cli.contracts import recordable, run_contracts
from guardrails.cli.contracts_parser import contracts_options
from guardrails.cli.parser import build
from guardrails.errors import UsageError
from guardrails.model.change import Snapshot
from guardrails.model.contract import Verified
from guardrails.model.result import Outcome, judged
from guardrails.model.verdict import Verdict
from guardrails.probes.contracts import interaction, pact
from guardrails.report import as_json
from tests.broker_stub import broker_stub
from tests.git_repositories import new_repo

PACT = "contracts/pacts/player-shop.json"
BASE, HEAD = "a" * 40, "b" * 40


def verified(side: str = "base", text: str | None = None, **changes: object) -> Verified:
    digest = parse(PACT, text or pact()).digest
    one = Verified("player", "shop", "a track", ("the track is there",), side, digest, PACT, 11)
    return replace(one, **changes)  # type: ignore[arg-type]  # fields by name


def verdict(*entries: Verified, head: str | None = HEAD, work: int = 1) -> Verdict:
    sides = (Snapshot("main", BASE, "t" * 40), Snapshot("head", head, "u" * 40))
    return Verdict(*sides, (judged("contracts", Outcome({"n": work}, {"n": 1}, verified=entries), 0.1),))


def run(tmp_path: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> int:
    options = contracts_options(build().parse_args(["contracts", *arguments, "--repo", str(tmp_path)]))
    return run_contracts(options, environment or {})


def repository(tmp_path: Path, *entries: Verified) -> None:
    new_repo(tmp_path, {PACT: pact()})
    (tmp_path / "verdict.json").write_text(as_json.render(verdict(*(entries or (verified(),)))))


def record(tmp_path: Path, *more: str, environment: Mapping[str, str] | None = None) -> int:
    return run(tmp_path, "record", "--from", str(tmp_path / "verdict.json"), *more, environment=environment)


def test_from_a_verdict_to_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository(tmp_path)
    asked = ("can-deploy", "shop", "--version", HEAD, "--to", "production")
    assert run(tmp_path, *asked) == 3
    assert not ledger_path(tmp_path / ".git").exists(), "asking keeps nothing"
    assert record(tmp_path) == 0
    assert run(tmp_path, "deployed", "player", "--version", BASE, "--to", "production") == 0
    capsys.readouterr()
    assert run(tmp_path, *asked) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"YES: shop {HEAD} to production",
        "  verified with all that it meets in 'production': player with shop",
        "consumer  version       provider  version       verified  runs in",
        f"player    {BASE[:12]}  shop      {HEAD[:12]}  yes       production",
    ]
    assert run(tmp_path, "can-deploy", "shop", "--version", "c" * 40, "--to", "production") == 1
    assert "was never verified" in capsys.readouterr().out
    assert run(tmp_path, "matrix", "--name", "shop") == 0
    assert "yes" in capsys.readouterr().out


def test_one_interaction_that_fails_fails_the_pact(tmp_path: Path) -> None:
    bad = verified(description="again", mismatches=("`title`: no",))
    repository(tmp_path, verified(), bad)
    record(tmp_path, "--consumer-version", "player=1.4")
    run(tmp_path, "deployed", "player", "--version", "1.4", "--to", "production")
    assert run(tmp_path, "can-deploy", "shop", "--version", HEAD, "--to", "production") == 1


def test_what_is_asked_of_another_service_is_deployed_when_that_one_has_verified_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = replace(verified("asked"), consumer="shop", provider="depot", mismatches=("depot verifies it",))
    repository(tmp_path, verified(), asked)
    assert record(tmp_path) == 0
    assert "recorded, for their providers to verify: shop with depot" in capsys.readouterr().out
    run(tmp_path, "matrix", "--name", "depot")
    matrix = capsys.readouterr().out
    assert "never" in matrix
    assert "FAILED" not in matrix, "it is owed, and has not failed"
    run(tmp_path, "deployed", "player", "--version", BASE, "--to", "production")
    question = ("can-deploy", "shop", "--version", HEAD, "--to", "production")
    assert run(tmp_path, *question) == 1
    assert f"shop {HEAD} needs depot, of which no version is deployed" in capsys.readouterr().out
    run(tmp_path, "deployed", "depot", "--version", "7", "--to", "production")
    assert run(tmp_path, *question) == 1
    assert f"shop {HEAD} with depot 7 was never verified" in capsys.readouterr().out
    theirs = replace(verdict(replace(asked, side="base", mismatches=()), head="7"))
    (tmp_path / "verdict.json").write_text(as_json.render(theirs))
    assert record(tmp_path) == 0, "the verdict of the depot's own repository"
    assert run(tmp_path, *question) == 0


def test_versions_are_the_commits_of_the_sides() -> None:
    both, checked = recordable(verdict(verified()), {}, "v")
    assert [one.version for one in both] == [BASE, HEAD], "the head's pacts are the base's"
    assert (checked[0].provider_version, checked[0].good) == (HEAD, True)
    new = pact(interaction("another"))
    apart, _ = recordable(verdict(verified(), verified("head", new)), {}, "v")
    assert [(one.version, one.digest) for one in apart] == [
        (BASE, parse(PACT, pact()).digest),
        (HEAD, parse(PACT, new).digest),
    ]
    own, _ = recordable(verdict(verified()), {"player": "1.4"}, "v")
    assert [one.version for one in own] == ["1.4"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (verdict(), "no verification results"),
        (verdict(verified(), work=0), r"no verification results .*too little was checked"),
        (verdict(verified(), head=None), "uncommitted work, which has no version"),
        (Verdict(None, None, error="no base"), "no verification results"),
    ],
)
def test_what_judged_nothing_is_not_recorded(said: Verdict, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        recordable(said, {}, "v")


def test_a_broker_gets_the_pact_that_was_verified(tmp_path: Path) -> None:
    repository(tmp_path)
    with broker_stub() as stub:
        environment = {"PACT_BROKER_BASE_URL": stub.url, "PACT_BROKER_TOKEN": "secret"}
        assert record(tmp_path, "--consumer-version", "player=1.4", environment=environment) == 0
        assert list(stub.pacts) == ["/pacts/provider/shop/consumer/player/version/1.4"]
        (tmp_path / PACT).write_text(pact(interaction("another")))
        with pytest.raises(UsageError, match="is not the pact that was verified"):
            record(tmp_path, environment=environment)
        (tmp_path / PACT).write_text("{")
        with pytest.raises(UsageError, match="cannot be read"):
            record(tmp_path, environment=environment)
    assert not ledger_path(tmp_path / ".git").exists()


def test_pacts_are_fetched_into_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository(tmp_path)
    out = tmp_path / "out"
    fetch = ("fetch", "shop", "--output", str(out), "--pending")
    with broker_stub() as stub:
        environment = {"PACT_BROKER_BASE_URL": stub.url}
        with pytest.raises(UsageError, match="the broker has no pact of provider 'shop'"):
            run(tmp_path, *fetch, environment=environment)
        record(tmp_path, "--consumer-version", "player=1.4", environment=environment)
        capsys.readouterr()
        assert run(tmp_path, *fetch, "--selector", '{"deployed": true}', environment=environment) == 0
    assert parse("p", (out / "001-player-shop.json").read_text()).digest == parse("p", pact()).digest
    assert "because it is new" in capsys.readouterr().out
    with pytest.raises(UsageError, match="is not JSON"):
        run(tmp_path, *fetch, "--selector", "{", environment=environment)


def test_wrong_use_is_named(tmp_path: Path) -> None:
    repository(tmp_path)
    with pytest.raises(UsageError, match="Set PACT_BROKER_BASE_URL"):
        run(tmp_path, "fetch", "shop")
    with pytest.raises(UsageError, match="must begin with http"):
        run(tmp_path, "matrix", environment={"PACT_BROKER_BASE_URL": "ftp://broker"})
    with pytest.raises(UsageError, match="cannot be read"):
        run(tmp_path, "record", "--from", str(tmp_path / "none.json"))
    for wrong in (
        ["can-deploy", "shop", "--version", "b"],
        ["can-deploy", "shop", "--version", " ", "--to", "x"],
        ["record", "--consumer-version", "player"],
        ["fetch", "shop", "--wip-since", "yesterday"],
        [],
    ):
        with pytest.raises(SystemExit, match="2"):
            build().parse_args(["contracts", *wrong])
