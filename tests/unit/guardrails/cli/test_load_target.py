"""`guardrails load --target`: the real program against small servers, its words and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from guardrails.adapters.reach import await_answer, checked
from guardrails.cli.loading.parser import TargetOptions, target_options
from guardrails.cli.main import main
from guardrails.cli.parser import build
from guardrails.errors import UsageError
from guardrails.probes.load import PROJECT
from tests import load_server as server

STEADY = 'title = "a test"\nrate_per_second = 60\nlength_seconds = 3\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {**PROJECT, "loadtests/scenarios/steady.toml": STEADY}
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def run(project: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "guardrails", "load", "--repo", str(project), "--target", url, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_a_good_service_passes_with_its_figures(project: Path, tmp_path: Path) -> None:
    with server.serving() as asked:
        done = run(project, asked.url, "--output", str(tmp_path / "out"), "--pid", str(os.getpid()), "--seed", "5")
    kept = json.loads((tmp_path / "out/load.json").read_text())
    assert kept["partial"] is False
    assert len(kept["samples"]["rows"]) == len(asked.requests) == kept["planned"]
    assert "latency p95" in done.stdout
    assert "memory" in done.stdout
    # The machine may be too busy for the generator; then that is what is said, and it is no pass.
    assert done.returncode == {"holds": 0, "inconclusive": 3, "misses": 1}[kept["answer"]]
    assert (done.returncode == 0) == done.stdout.startswith("pass: every budget held")


@pytest.mark.slow
def test_a_service_that_fails_is_blocked_with_the_reason(project: Path) -> None:
    with server.serving(lambda handler, _number: server.answer(handler, status=404)) as asked:
        done = run(project, asked.url, "--seconds", "20")
    assert done.returncode == 1
    assert done.stdout.startswith("block: budgets were missed")
    assert "not one request was answered well" in done.stdout


@pytest.mark.slow
def test_an_interrupt_stops_everything_and_keeps_what_was_seen(project: Path, tmp_path: Path) -> None:
    """A real SIGINT to the real process; then nothing that it had started is left."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "guardrails", "load", "--repo", str(project), "--seconds", "90"]
    with server.serving() as asked:
        command += ["--target", asked.url, "--output", str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                until = time.monotonic() + 60
                while len(asked.requests) < 90 and process.poll() is None and time.monotonic() < until:
                    time.sleep(0.01)
                started = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(signal.SIGINT)
                said, complained = process.communicate(timeout=30)
            finally:
                process.kill()
    assert started
    _gone, alive = psutil.wait_procs(started, timeout=5)
    assert not alive
    assert process.returncode == 2
    assert said.startswith("PARTIAL: stopped after ")
    assert "stopped" in complained
    kept = json.loads((out / "load.json").read_text())
    assert (kept["partial"], kept["answer"]) == (True, "partial")
    assert 0 < len(kept["samples"]["rows"]) < kept["planned"]


@pytest.mark.parametrize(
    ("ready", "said"),
    [
        (server.close, "it closes the connection without an answer to GET /readyz"),
        (server.garbage, "its answer to GET /readyz is not HTTP"),
        (server.slow(1.5), "it accepts connections and does not answer GET /readyz within 0.3 s"),
        (lambda handler, _: server.answer(handler, status=503), "503: it is not ready"),
        (lambda handler, _: server.answer(handler, status=404), "with status 404, and 200 is wanted.*--ready-path"),
    ],
)
def test_what_is_no_ready_service_is_said_and_never_loaded(ready: server.Reply, said: str) -> None:
    with server.serving(ready=ready) as asked, pytest.raises(UsageError, match=said):
        await_answer(asked.url, "/readyz", 0.3, lambda _words: None)
    assert not asked.requests


def test_a_port_on_which_nothing_listens_is_said() -> None:
    with server.serving() as asked:
        pass
    with pytest.raises(UsageError, match=r"nothing listens on that port.*Start the service"):
        await_answer(asked.url, "/readyz", 0.1, lambda _words: None)


def test_a_service_that_takes_its_time_is_waited_for() -> None:
    said: list[str] = []
    turns = iter([503, 503, 503, 200])
    with server.serving(ready=lambda handler, _: server.answer(handler, status=next(turns))) as asked:
        await_answer(asked.url, "/readyz", 60.0, said.append)
    assert next(turns, None) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://192.0.2.1:80", "which is not this machine.*--i-own-this-host"),
        ("127.0.0.1:80", "Write scheme, host and port"),
        ("ftp://127.0.0.1", "Write scheme, host and port"),
        ("http://127.0.0.1:80/v1", "Write scheme, host and port"),
        ("http://127.0.0.1:99999", "Port out of range"),
        ("http://user:word@127.0.0.1:80", "Write scheme, host and port"),
    ],
)
def test_a_target_that_may_not_be_loaded_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        checked(url, owned=False)


def test_the_owner_of_a_host_may_load_it() -> None:
    assert checked("http://192.0.2.1:80/", owned=True) == "http://192.0.2.1:80"
    assert checked("http://[::1]:80", owned=False) == "http://[::1]:80"


def options(*arguments: str) -> TargetOptions | None:
    return target_options(build().parse_args(["load", *arguments]))


def test_without_a_target_a_change_is_judged() -> None:
    assert options("--base", "main") is None
    made = options("--target", "http://x")
    assert made is not None
    assert (made.scenario, made.wait, made.owned) == ("steady", 60.0, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "5"), "--rate without --target"),
        (("--target", "http://x", "--base", "main"), "--base beside --target"),
        (("--target", "http://x", "--trace", "t", "--rate", "3"), "--trace beside --rate"),
        (("--target", "http://x", "--format", "json"), "--format json beside --target"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        options(*arguments)


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [
        ({}, ("--scenario", "stedy"), "there is no scenario 'stedy'. Did you mean 'steady'?"),
        ({"loadtests/scenarios/steady.toml": "rate = 3"}, (), "unknown key 'rate'"),
        ({"loadtests/slo.toml": '[budget]\np99 = "250"'}, (), "unknown key 'budget.p99'. Did you mean 'budget.p99_ms'"),
        ({"loadtests/slo.toml": '[budget]\np99_ms = "250"'}, (), "got `str` at budget.p99_ms"),
        ({"loadtests/slo.toml": "[budget]\np99_s = 0.25"}, (), "Did you mean 'budget.p99_ms'"),
        (
            {"loadtests/scenarios/steady.toml": STEADY + 'shape = "cold_start"'},
            (),
            "starts the service itself, and --target is one that runs",
        ),
        ({}, ("--rate", "1000000"), "at most 200000 are kept"),
        ({}, ("--pid", "4194999"), "there is no such process"),
        ({"t.jsonl": "nonsense"}, ("--trace", "t.jsonl"), "line 1: JSON is malformed"),
        ({}, ("--trace", "nowhere.jsonl"), "which cannot be read (No such file or directory)"),
    ],
)
def test_what_is_written_wrongly_is_said_before_anything_is_sent(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    more: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(project)
    for name, text in files.items():
        (project / name).write_text(text)
    with server.serving() as asked:
        assert main(["load", "--target", asked.url, *more]) == 2
    assert said in capsys.readouterr().err
    assert not asked.requests
