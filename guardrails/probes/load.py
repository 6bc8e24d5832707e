"""Planted violations for the gate `load`: a tiny service of the standard library, and ways to make it worse."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_MAIN = '''\
"""A service that answers GET requests: `python -m service PORT`."""
import asyncio
import sys

from service.answer import answer


async def converse(reader, writer):
    while request := await reader.readuntil(b"\\r\\n\\r\\n"):
        status, body = b"200 OK", b"{}"
        if b"/readyz" not in request:
            try:
                body = await answer(int(request.split(b" ", 2)[1].rpartition(b"=")[2]))
            except ValueError:
                status = b"500 Internal Server Error"
        writer.write(b"HTTP/1.1 %b\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (status, len(body), body))


async def serve():
    server = await asyncio.start_server(converse, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(serve())
'''

_ANSWER = """\
import json

ROUNDS = 8000


def mix(number):
    for _ in range(ROUNDS):
        number = (number * 31 + 7) % 1000003
    return number


async def answer(number):
    return json.dumps({"mixed": mix(number)}).encode()
"""

_SCENARIO = """\
import random

from locust import FastHttpUser, between, task


class Caller(FastHttpUser):
    wait_time = between(1, 3)

    @task
    def mix(self):
        with self.client.get(f"/mix?n={random.randrange(10**6)}", name="/mix", catch_response=True) as response:
            if "mixed" not in (response.text or ""):
                response.failure("no number")
"""

_SLO = """\
[drive]
users = 4
concurrency = 4
slice_ms = 40
seconds_per_side = 1
least_sessions = 2
most_sessions = 4
warmup_seconds = 0.2
request_timeout_seconds = 5
minimum_requests = 40

[budget]
p95_ms = 100
error_share = 0.01

[regression]
cpu_ratio = 1.5
p50_ratio = 2
p95_ratio = 3
p99_ratio = 5
inconclusive = "note"
"""

_POLICY = """\
[project]
packages = ["service"]

[load]
locustfile = "loadtests/locustfile.py"
slo = "loadtests/slo.toml"
command = ["{python}", "-m", "service", "{port}"]
inputs = ["service/**", "loadtests/**"]
"""

PROJECT: Mapping[str, str] = {
    "guardrails.toml": _POLICY,
    "service/__init__.py": "",
    "service/__main__.py": _MAIN,
    "service/answer.py": _ANSWER,
    "loadtests/locustfile.py": _SCENARIO,
    "loadtests/slo.toml": _SLO,
}
"""A service, its scenario and its budgets."""

_HONEST = _ANSWER.replace("mix", "blend").replace("blended", "mixed")
_SLEEPY = _ANSWER.replace("import json", "import asyncio\nimport json").replace(
    "    return json", "    await asyncio.sleep({seconds})\n    return json"
)


_CHECKED = "    if number % {often} == 0:\n        raise {error}\n    return json"


def _failing(often: str, error: str) -> str:
    return _ANSWER.replace("    return json", _CHECKED.replace("{often}", often).replace("{error}", error))


def _probe(rule: str, worse: str) -> Probe:
    return Probe(rule, PROJECT, {"service/answer.py": worse}, {"service/answer.py": _HONEST})


_WAITING = _SLEEPY.replace("{seconds}", "0.004").replace("import json", "import json\n\nLOCK = asyncio.Lock()")
_LOCKED = _WAITING.replace("    await asyncio", "    async with LOCK:\n        await asyncio")
_READING = _ANSWER.replace(
    "import json", 'import json\nimport os\n\nSOURCE = os.open("/dev/zero", os.O_RDONLY)'
).replace("    return json", "    for _ in range(30):\n        os.read(SOURCE, 1)\n    return json")
_HOLDING = _ANSWER.replace("ROUNDS", 'HELD = bytearray(b"x" * 40_000_000)\nROUNDS', 1)
_KEEPING = _ANSWER.replace("ROUNDS", "KEPT = []\nROUNDS", 1).replace(
    "    return json", '    KEPT.append(bytearray(b"x" * 8192))\n    return json'
)


PROBES: tuple[Probe, ...] = (
    _probe("load/slower-cpu", _ANSWER.replace("8000", "24000")),
    _probe("load/slower-latency", _SLEEPY.replace("{seconds}", "0.02")),
    Probe(
        "load/slower-together",
        {**PROJECT, "service/answer.py": _WAITING},
        {"service/answer.py": _LOCKED},
        {"service/answer.py": _WAITING.replace("mix", "blend").replace("blended", "mixed")},
    ),
    _probe("load/more-calls", _READING),
    _probe("load/more-memory", _HOLDING),
    _probe("load/leak", _KEEPING),
    _probe("load/budget", _SLEEPY.replace("{seconds}", "0.15")),
    _probe("load/errors", _failing("5", "ValueError")),
    _probe("load/server-died", _failing("5", "SystemExit")),
    _probe("load/does-not-start", "import missing_module\n"),
)
