"""The real service for pact's verifier, with a second port on which states are set and messages are fetched.

    python -m contracts.provider --port 8080 --states-port 8081

It trains a small artifact, starts `recsys serve` on it as a process of its own, and answers `POST /_states` and `POST
/_messages` on the second port. Production starts the service without this program, so no such port exists there.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from contracts.provider import data
from contracts.provider.records import Records
from contracts.provider.states import States


def handler(states: States) -> type[BaseHTTPRequestHandler]:
    """The handler of what pact asks beside the service: changes of state, and messages."""

    class Harness(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/_messages":
                    self._answer(200, states.message(body["description"]))
                else:
                    values = states.change(body["state"], body["action"], body.get("params") or {})
                    self._answer(200, json.dumps(dict(values)).encode())
            except (LookupError, TypeError, ValueError, httpx.HTTPError, OSError) as error:
                sys.stderr.write(f"states: {type(error).__name__}: {error}\n")
                self._answer(500, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())

        def _answer(self, status: int, text: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            sys.stderr.write(f"states: {format % args}\n")

    return Harness


def main() -> int:
    """Run until the service ends or SIGTERM arrives."""
    parser = argparse.ArgumentParser(prog="python -m contracts.provider", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, required=True, help="the service's port on 127.0.0.1")
    parser.add_argument("--states-port", type=int, required=True, help="the port for provider states")
    args = parser.parse_args()
    # An exception unwinds: the service is stopped and the temporary directory goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="recsys-provider-") as name:
        artifact, state = Path(name, "artifact"), Path(name, "state")
        recsys = (sys.executable, "-m", "recsys")
        data.write(Path(name, "data"))
        train = ("train", "--data", str(Path(name, "data")), "--output", str(artifact))
        subprocess.run((*recsys, *train), check=True)
        records = Records(state / "decisions")
        states = States(f"http://127.0.0.1:{args.port}", state / "takedowns.json", records)
        server = ThreadingHTTPServer(("127.0.0.1", args.states_port), handler(states))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        experiments = Path(name, "experiments.toml")
        experiments.write_text(data.EXPERIMENTS, encoding="utf-8")
        serve = ("serve", "--artifact", str(artifact), "--state", str(state), "--experiments", str(experiments))
        service = subprocess.Popen((*recsys, *serve, "--port", str(args.port)))
        try:
            return service.wait()
        finally:
            service.terminate()
            service.wait()
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
