"""The example of a distributed load test: it is YAML, its parts fit each other, and locust knows its options."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs/examples/kubernetes/load-test.yaml"


@pytest.fixture(scope="module")
def parts() -> dict[tuple[str, str], dict[str, Any]]:
    """The documents of the file by kind and name."""
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(FILE.read_text())}


def containers(parts: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        one for job in parts.values() if job["kind"] == "Job" for one in job["spec"]["template"]["spec"]["containers"]
    ]


def test_the_service_finds_the_master_and_the_workers_the_service(parts: dict[tuple[str, str], dict[str, Any]]) -> None:
    service, master = parts["Service", "locust-master"], parts["Job", "locust-master"]
    worker = parts["Job", "locust-worker"]["spec"]["template"]["spec"]["containers"][0]
    assert service["spec"]["selector"].items() <= master["spec"]["template"]["metadata"]["labels"].items()
    named = {port["name"]: port["containerPort"] for port in containers(parts)[0]["ports"]}
    port = service["spec"]["ports"][0]
    assert named[port["targetPort"]] == port["port"] == 5557
    assert worker["args"] == ["--master-host", service["metadata"]["name"], "--master-port", str(port["port"])]


def test_the_master_waits_for_as_many_workers_as_there_are(parts: dict[tuple[str, str], dict[str, Any]]) -> None:
    args = containers(parts)[0]["args"]
    workers = parts["Job", "locust-worker"]["spec"]
    assert int(args[args.index("--expect-workers") + 1]) == workers["parallelism"] == workers["completions"]


def test_every_container_is_bounded_unprivileged_and_runs_a_scenario_that_is_there(
    parts: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert len(containers(parts)) == 2
    for one in containers(parts):
        assert "memory" in one["resources"]["limits"]
        assert one["securityContext"]["allowPrivilegeEscalation"] is False
        assert ":" in one["image"]
        assert not one["image"].endswith(":latest")
        env = {entry["name"]: entry["value"] for entry in one["env"]}
        assert (ROOT / f"loadtests/scenarios/{env['LOAD_SCENARIO']}.toml").is_file()
        assert (ROOT / one["command"][2]).is_file()
    for job in (part for part in parts.values() if part["kind"] == "Job"):
        assert job["spec"]["activeDeadlineSeconds"] > 0
        assert job["spec"]["template"]["spec"]["restartPolicy"] in ("Never", "OnFailure")


@pytest.mark.slow
def test_locust_knows_the_options_and_the_shapes_follow_their_scenarios() -> None:
    """In a process of its own: locust patches the one that it is in."""
    program = (
        "from locust.argument_parser import get_parser\n"
        "import yaml\n"
        f"for one in yaml.safe_load_all(open({str(FILE)!r})):\n"
        "    for c in one['spec'].get('template', {}).get('spec', {}).get('containers', []):\n"
        "        rest = get_parser().parse_known_args(c['command'][1:] + c['args'])[1]\n"
        "        assert not rest, rest\n"
        "import os\n"
        "from locust.env import Environment\n"
        "from locust.util.load_locustfile import load_locustfile\n"
        "os.environ['LOAD_SCENARIO'] = 'spike'\n"
        "users, shapes = load_locustfile('loadtests/locustfile.py')\n"
        "assert len(shapes) == 1\n"
        "Environment(user_classes=list(users.values()), shape_class=shapes[0])\n"
        "from loadtests.shapes import rate_at, shape\n"
        "made = shape('spike')()\n"
        "pieces = made.scenario.segments()\n"
        "calm, crowd = rate_at(pieces, 0.0), rate_at(pieces, pieces[0].seconds)\n"
        "assert crowd == 6 * calm and rate_at(pieces, 1e9) is None\n"
        "assert made.tick() == (2 * calm, 2 * calm)\n"
        "made.start_time -= 1e6\n"
        "assert made.tick() is None\n"
        "try:\n    shape('spyke')\nexcept ValueError as error:\n    assert 'Known are' in str(error)\n"
        "else:\n    raise AssertionError\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
