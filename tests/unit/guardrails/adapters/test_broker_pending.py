"""Pending pacts and work in progress: what pact's own verifier makes of the stub, fetch, gate and record make of it."""

import json
import sys
from pathlib import Path

import pytest

from guardrails.adapters.process import ProcessRunner
from guardrails.analysis import fetched
from guardrails.analysis.fetched import Origin
from guardrails.gates.contracts import ContractsGate
from guardrails.model.change import Snapshot
from guardrails.model.result import GateResult, GateStatus, judged
from guardrails.model.verdict import Verdict
from guardrails.ports import Command, Completed
from guardrails.probes.contracts import SHOP, pact, project
from guardrails.report import as_json
from tests.broker_stub import Stub, broker_stub
from tests.git_repositories import new_repo
from tests.judge_suites import processes_in, running_bench
from tests.unit.guardrails.adapters.test_broker import pact_cli
from tests.unit.guardrails.cli.test_contracts import run

SELECTOR = {"mainBranch": True}
SINCE = "2026-01-01"
PUBLISHED = "/pacts/provider/shop/consumer/player/version/1.0"
WRONG = SHOP.replace('"reason"', '"why"')


def published(tmp_path: Path, stub: Stub) -> None:
    """Have pact's own client publish the consumer's pact."""
    (tmp_path / "player-shop.json").write_text(pact())
    done = pact_cli(tmp_path, stub, "publish", "player-shop.json", "--consumer-app-version", "1.0")
    assert done.exit_code == 0, done.stdout + done.stderr


def pact_verifies(processes: ProcessRunner, tmp_path: Path, stub: Stub) -> Completed:
    """What pact's own verifier says of a shop that lost a field."""
    (tmp_path / "shop.py").write_text(WRONG)
    command = Command((sys.executable, "shop.py", "--port", "{port}"), tmp_path)
    with processes.serve(command, ready_path="/readyz", ready_timeout=30) as shop:
        argv = (
            str(Path(sys.executable).with_name("pact")), "verifier",
            "--hostname", "127.0.0.1", "--port", str(shop.port), "--provider-name", "shop",
            "--state-change-url", shop.url, "--broker-url", stub.url, "--enable-pending",
            "--consumer-version-selectors", json.dumps(SELECTOR), "--include-wip-pacts-since", SINCE,
            "--provider-branch", "main", "--provider-version", "b", "--publish", "--no-colour",
        )  # fmt: skip
        return processes.run(Command(argv, tmp_path, {"PACT_DO_NOT_TRACK": "true"}, 60))


def judge(tmp_path: Path, pacts: Path) -> GateResult:
    """What the gate makes of the fetched pacts and the same shop."""
    project_files = {name: text for name, text in project("").items() if "consumers" not in name}
    files = {f"contracts/pacts/{path.name}": path.read_text() for path in pacts.iterdir()}
    base = {**project_files, **files}
    del base["contracts/pacts/player-shop.json"]
    return judged("contracts", ContractsGate().run(running_bench(tmp_path, base, {"shop.py": WRONG})), 0)


@pytest.mark.slow
def test_what_is_pending_fails_nobody_until_it_was_verified(tmp_path: Path) -> None:
    """Publish by pact's client; fetch, judge and record by this one: beside what pact's verifier does, each time."""
    home, pacts, processes = tmp_path / "home", tmp_path / "home" / "contracts" / "pacts", processes_in(tmp_path)
    new_repo(home, {"a": "1"})
    with broker_stub() as stub:
        published(tmp_path, stub)
        environment = {"PACT_BROKER_BASE_URL": stub.url}
        asked = ("--selector", json.dumps(SELECTOR), "--branch", "main", "--pending", "--wip-since", SINCE)
        fetch = ("fetch", "shop", "--output", str(pacts), *asked)

        theirs = pact_verifies(processes, tmp_path, stub)
        assert theirs.exit_code == 0, theirs.stdout + theirs.stderr
        [request] = [body for _, path, body in stub.asked if path == "/for-verification/shop" and body]
        [told] = [body for _, path, body in stub.asked if path.startswith("/results")]
        stub.asked.clear()

        assert run(home, *fetch, environment=environment) == 0
        assert [body for _, path, body in stub.asked if path == "/for-verification/shop"] == [request]
        name, origin = next(iter(fetched.parse("f", (pacts / fetched.NAME).read_text()).items()))
        assert (name, origin.version, origin.pending) == ("001-player-shop.json", "1.0", True)
        result = judge(tmp_path, pacts)
        assert result.status is GateStatus.PASSED
        assert "It is pending: this does not count yet" in result.findings[0].what

        sides = (Snapshot("main", "a" * 40, "t" * 40), Snapshot("head", "b" * 40, "u" * 40))
        (home / "verdict.json").write_text(as_json.render(Verdict(*sides, (result,))))
        assert (
            run(home, "record", "--from", str(home / "verdict.json"), "--branch", "main", environment=environment) == 0
        )
        [(_, path, ours)] = [one for one in stub.asked if one[1].startswith("/results")]
        assert path == f"/results{PUBLISHED}", "to the version that the consumer published, not to a commit of here"
        assert ("PUT", f"/pacticipants/shop/branches/main/versions/{'b' * 40}", {}) in stub.asked
        assert (ours["success"], told["success"]) == (False, False)
        assert ours.keys() <= told.keys()

        stub.verified.add(PUBLISHED)
        assert run(home, *fetch, environment=environment) == 0
        assert judge(tmp_path, pacts).status is GateStatus.FAILED
        assert pact_verifies(processes, tmp_path, stub).exit_code == 1


def test_what_the_broker_no_longer_gives_is_no_longer_there(tmp_path: Path) -> None:
    new_repo(tmp_path, {"a": "1"})
    out = tmp_path / "out"
    out.mkdir()
    for name in ("009-old.json", "by-hand.json"):
        (out / name).write_text(pact())
    (out / fetched.NAME).write_text(fetched.written({"009-old.json": Origin(), "../by-hand.json": Origin()}))
    with broker_stub(pacts={PUBLISHED: json.loads(pact())}) as stub:
        assert run(tmp_path, "fetch", "shop", "--output", str(out), environment={"PACT_BROKER_BASE_URL": stub.url}) == 0
    assert sorted(path.name for path in out.iterdir()) == ["001-player-shop.json", "by-hand.json", fetched.NAME]
