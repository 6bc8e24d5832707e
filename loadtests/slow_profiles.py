"""Starts `recsys serve` beside a slow profile service: `python -m loadtests.slow_profiles --delay-ms N -- ARGS`.

The profile service knows nobody and says so late. What is measured is whether the service's own answers wait for it.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UNKNOWN = json.dumps(
    {"type": "urn:problem-type:profiles:unknown-user", "title": "unknown user", "status": 404}
).encode()


def handler(delay: float) -> type[BaseHTTPRequestHandler]:
    """What answers every request after `delay` seconds."""

    class Late(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(404)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(UNKNOWN)))
            self.end_headers()
            self.wfile.write(UNKNOWN)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Quiet."""

    return Late


def main() -> int:
    """Start both; the exit status is the service's."""
    parser = argparse.ArgumentParser(description="recsys serve beside a slow profile service")
    parser.add_argument("--delay-ms", type=float, default=50.0)
    parser.add_argument("--neighbour-port", type=int, default=0, help="of the profile service (default: a free one)")
    parser.add_argument("serve", nargs="+", help="the arguments of recsys serve, after --")
    options = parser.parse_args()
    with ThreadingHTTPServer(("127.0.0.1", options.neighbour_port), handler(options.delay_ms / 1000)) as neighbour:
        threading.Thread(target=neighbour.serve_forever, daemon=True).start()
        asked = f"http://127.0.0.1:{neighbour.server_port}"
        return subprocess.call([sys.executable, "-m", "recsys", "serve", *options.serve, "--profiles", asked])


if __name__ == "__main__":
    sys.exit(main())
