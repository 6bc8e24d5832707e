"""Starts `recsys serve`, and puts another model in place while it answers.

    python -m loadtests.reloading --after-seconds 5 -- --artifact DIR --state DIR --port PORT

The artifact is published to a directory of the service's own, a second one is trained with another seed, and published
over the first one so many seconds after the service was ready. The service looks for it by itself (`--watch`).
"""

import argparse
import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path

RECSYS = [sys.executable, "-m", "recsys"]
WATCH_SECONDS = "0.5"


def publish(source: Path, served: Path) -> None:
    """Put a model in place."""
    subprocess.run([*RECSYS, "publish", str(source), "--to", str(served)], check=True, stdout=subprocess.DEVNULL)


def is_ready(port: int) -> bool:
    """Whether the service says that it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def replace_later(port: int, after_seconds: float, fresh: Path, served: Path) -> None:
    """Publish another model some time after the service is ready."""
    while not is_ready(port):
        time.sleep(0.05)
    time.sleep(after_seconds)
    publish(fresh, served)


def main() -> int:
    """Start it; the exit status is the service's."""
    parser = argparse.ArgumentParser(description="recsys serve, whose model is replaced while it answers")
    parser.add_argument("--after-seconds", type=float, default=5.0)
    parser.add_argument("--artifact", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    served, fresh = options.state / "models/served", options.state / "models/fresh"
    served.parent.mkdir(parents=True, exist_ok=True)
    publish(options.artifact, served)
    sizes = ["--users", "800", "--tracks", "2000", "--seed", "2"]
    subprocess.run([*RECSYS, "train", *sizes, "--output", str(fresh)], check=True, stdout=subprocess.DEVNULL)
    arguments = ["--artifact", str(served), "--state", str(options.state), "--port", str(options.port)]
    later = threading.Thread(
        target=replace_later, args=(options.port, options.after_seconds, fresh, served), daemon=True
    )
    later.start()
    return subprocess.call([*RECSYS, "serve", *arguments, "--watch", WATCH_SECONDS])


if __name__ == "__main__":
    sys.exit(main())
