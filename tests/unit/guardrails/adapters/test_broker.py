"""A Pact Broker as the ledger, against a stub of its links; whatever goes wrong names the address."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from guardrails.adapters.broker import Broker, Credentials
from guardrails.analysis.pacts import parse
from guardrails.errors import JudgementError
from guardrails.model.deployment import Answer, Checked, Deployed, PactVersion, Row
from guardrails.ports import Command, Completed
from guardrails.probes.contracts import pact
from tests.broker_stub import Stub, broker_stub
from tests.judge_suites import processes_in

PUBLISHED = "/pacts/provider/shop/consumer/player/version/1.0"
PACT = PactVersion("player", "1.0", "shop", parse("p.json", pact()).digest, pact())
GOOD = Checked("player", "shop", PACT.digest, "b", good=True, at="")


def broker(stub: Stub, **said: Any) -> Broker:
    return Broker(stub.url, Credentials(**said), version="0", timeout=5)


def test_pacts_and_their_results_are_published() -> None:
    with broker_stub() as stub:
        broker(stub).record([PACT], [GOOD])
    assert [(method, path) for method, path, _ in stub.asked] == [("PUT", PUBLISHED), ("POST", f"/results{PUBLISHED}")]
    assert stub.asked[0][2] == json.loads(pact())
    assert stub.asked[1][2] == {
        "success": True,
        "providerApplicationVersion": "b",
        "verifiedBy": {"implementation": "recsys-guardrails", "version": "0"},
    }


def test_names_are_parts_of_a_path_whatever_is_in_them() -> None:
    odd = PactVersion("pl/ay er", "1?#", "shop", PACT.digest, pact())
    with broker_stub() as stub:
        broker(stub).record([odd], [])
    assert stub.asked[0][1] == "/pacts/provider/shop/consumer/pl/ay er/version/1?#", "decoded by the stub"


def test_what_runs_where_is_recorded() -> None:
    with broker_stub() as stub:
        broker(stub).deploy(Deployed("shop", "b", "production", ""))
        assert stub.asked[-1][:2] == ("POST", "/deploy/production")
        with pytest.raises(JudgementError, match=r"no environment 'moon' \(known: production\)"):
            broker(stub).deploy(Deployed("shop", "b", "moon", ""))


MATRIX_ROW = {
    "consumer": {"name": "player", "version": {"number": "1.0"}},
    "provider": {"name": "shop", "version": {"number": "b"}},
    "verificationResult": {"success": True},
}


@pytest.mark.parametrize(
    ("deployable", "rows", "answer"),
    [
        (True, [MATRIX_ROW], Answer.YES),
        (False, [MATRIX_ROW], Answer.NO),
        (None, [MATRIX_ROW], Answer.NO),
        (True, [], Answer.UNKNOWN),
    ],
)
def test_the_broker_says_whether_a_version_can_be_deployed(
    deployable: bool | None, rows: list[Any], answer: Answer
) -> None:
    with broker_stub(deployable=deployable, rows=rows) as stub:
        told = broker(stub).can_deploy("shop", "b", "production")
    assert (told.answer, told.why) == (answer, ("as the broker says",))
    assert stub.asked[0][1] == "/matrix?q[][pacticipant]=shop&q[][version]=b&latestby=cvp&environment=production"


def test_the_matrix_is_read() -> None:
    unverified = {**MATRIX_ROW, "verificationResult": None}
    with broker_stub(rows=[MATRIX_ROW, unverified]) as stub:
        rows = broker(stub).matrix("shop")
        with pytest.raises(JudgementError, match="--name NAME"):
            broker(stub).matrix()
    assert rows == (Row("player", "1.0", "shop", "b", good=True), Row("player", "1.0", "shop", "b", good=None))


def test_pacts_are_fetched_by_selectors_with_what_is_pending() -> None:
    with broker_stub(pacts={PUBLISHED: json.loads(pact())}) as stub:
        [one] = broker(stub).fetch("shop", [{"mainBranch": True}], branch="main", pending=True, wip_since="2026-01-01")
    assert (one.name, one.pending) == ("player-shop", True)
    assert one.why == ("This pact is being verified because it is new.",)
    assert parse("p.json", one.text).digest == PACT.digest, "what the broker adds to a pact is no part of it"
    assert stub.asked[1] == (
        "POST",
        "/for-verification/shop",
        {
            "consumerVersionSelectors": [{"mainBranch": True}],
            "includePendingStatus": True,
            "includeWipPactsSince": "2026-01-01",
            "providerVersionBranch": "main",
        },
    )


def test_credentials_go_along() -> None:
    with broker_stub() as stub:
        broker(stub, token="secret").can_deploy("shop", "b", "production")
        broker(stub, username="ann", password="secret").can_deploy("shop", "b", "production")
    assert stub.authorization == ["Bearer secret", "Basic YW5uOnNlY3JldA=="]
    assert "secret" not in repr(Credentials("", "ann", "secret"))


ASKED: list[Callable[[Broker], object]] = [
    lambda one: one.record([PACT], [GOOD]),
    lambda one: one.can_deploy("shop", "b", "production"),
    lambda one: one.deploy(Deployed("shop", "b", "production", "")),
    lambda one: one.fetch("shop", [], branch="", pending=False, wip_since=""),
]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, "text/plain", "no"), r"the broker refuses \(401\)\. Set PACT_BROKER_TOKEN"),
        ((403, "text/html", "<p>no"), r"the broker refuses \(403\)"),
        ((409, "application/json", '{"error": "conflict"}'), r"another pact of that version \(409\): \{\"error\""),
        ((500, "text/plain", "oops"), "the broker answers 500: oops"),
        ((302, "text/plain", ""), "the broker answers 302"),
        ((200, "text/html", "<html>Sign in</html>"), "the answer is text/html and no JSON: <html>Sign in"),
        ((200, "application/json", "[]"), r"the answer is no JSON object: \[\]"),
        ((200, "application/json", "{}"), r"has no link|without a summary"),
        ((200, "application/json", "[" * 100_000), "no JSON"),
    ],
)
@pytest.mark.parametrize("ask", ASKED)
def test_whatever_it_answers_the_address_is_named(
    ask: Callable[[Broker], object], answer: tuple[int, str, str], said: str
) -> None:
    with broker_stub(answer=answer) as stub, pytest.raises(JudgementError, match=said) as caught:
        ask(broker(stub))
    assert stub.url in str(caught.value)


def test_a_pact_that_changed_under_its_version_is_a_conflict() -> None:
    with (
        broker_stub(pacts={PUBLISHED: {"other": 1}}) as stub,
        pytest.raises(JudgementError, match="a new consumer version"),
    ):
        broker(stub).record([PACT], [GOOD])


def test_a_broker_that_is_down_or_silent_is_named() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(JudgementError, match=rf"does not answer GET {address}/"):
            Broker(address, Credentials(), version="0", timeout=5).can_deploy("shop", "b", "production")
        silent.listen()  # connections are taken, and nothing is ever answered
        with pytest.raises(JudgementError, match=rf"does not answer GET {address}/.*timed out"):
            Broker(address, Credentials(), version="0", timeout=0.2).can_deploy("shop", "b", "production")


def test_a_link_to_another_host_is_not_followed() -> None:
    """The credentials would go along."""
    with (
        broker_stub(elsewhere="http://elsewhere.invalid") as stub,
        pytest.raises(JudgementError, match="which is elsewhere"),
    ):
        broker(stub, token="secret").deploy(Deployed("shop", "b", "production", ""))


def pact_cli(tmp_path: Path, stub: Stub, *arguments: str) -> Completed:
    """Pact's own command line, asked about the stub."""
    command = Path(sys.executable).with_name("pact")
    if not command.exists():
        pytest.skip("pact's command line is not installed: pip install pact-python-cli")
    argv = (str(command), "broker", *arguments, "--broker-base-url", stub.url)
    return processes_in(tmp_path).run(Command(argv, tmp_path, {"PACT_DO_NOT_TRACK": "true"}, 60))


def test_what_pact_s_own_client_publishes_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "player-shop.json").write_text(pact())
    with broker_stub() as stub:
        done = pact_cli(tmp_path, stub, "publish", "player-shop.json", "--consumer-app-version", "1.0")
        assert done.exit_code == 0, done.stdout + done.stderr
        [one] = broker(stub).fetch("shop", [], branch="", pending=False, wip_since="")
    assert parse("p.json", one.text).digest == PACT.digest


def test_pact_s_own_client_asks_the_stub_as_this_one_does(tmp_path: Path) -> None:
    """So that the stub's links are those that a broker has."""
    which = ("--pacticipant", "shop", "--version", "b")
    with broker_stub(rows=[MATRIX_ROW]) as stub:
        yes = pact_cli(tmp_path, stub, "can-i-deploy", *which, "--to-environment", "production")
        assert yes.exit_code == 0, yes.stdout + yes.stderr
        assert stub.asked[-1][1].startswith("/matrix?q[][pacticipant]=shop&q[][version]=b&")
        stub.asked.clear()
        done = pact_cli(tmp_path, stub, "record-deployment", *which, "--environment", "production")
        assert done.exit_code == 0, done.stdout + done.stderr
        theirs = list(stub.asked)
        stub.asked.clear()
        broker(stub).deploy(Deployed("shop", "b", "production", ""))
        assert [one[:2] for one in stub.asked if one[1] != "/"] == [one[:2] for one in theirs if one[1] != "/"]


class Dripping(BaseHTTPRequestHandler):
    """Answers with a byte now and then, without end: no single read is late."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.over.wait(0.01):  # type: ignore[attr-defined]
                self.wfile.write(b" ")


def test_a_broker_that_drips_is_not_waited_for() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as server:
        server.over = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            with pytest.raises(JudgementError, match="was not complete in time"):
                Broker(address, Credentials(), version="0", timeout=0.1).can_deploy("shop", "b", "production")
        finally:
            server.over.set()  # type: ignore[attr-defined]
            server.shutdown()
