"""How many events the service takes, durably, on one core.

    python -m benchmarks.events [--seconds S] [--write]

The real process, one worker, held to one core where the system can, with its state on this machine's disk. Four clients
send batches of events of many users, one batch after the other, from another core. Every answer comes after the sync to
disk. Processor time is the service's own, from /proc.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from benchmarks.changes import ROOT

OUTPUT = ROOT / "docs/benchmarks/events.md"
BATCHES = (1, 10, 50, 100)
CLIENTS = 4
TICKS = os.sysconf("SC_CLK_TCK")


class Client(threading.Thread):
    """Sends batches until the time is over."""

    def __init__(self, url: str, name: str, batch: int, until: float) -> None:
        super().__init__()
        self._url, self._name, self._batch, self._until = url, name, batch, until
        self.accepted = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=20) as client:
            number = 0
            while time.monotonic() < self._until:
                events = [self._event(number + row) for row in range(self._batch)]
                number += self._batch
                answer = client.post("/v1/events", json={"events": events})
                self.accepted += answer.raise_for_status().json()["accepted"]

    def _event(self, number: int) -> dict[str, object]:
        return {
            "type": "listen",
            "event_id": f"{self._name}-{number}",
            "user_id": f"u{number % 997}",
            "occurred_at": "2026-01-01T00:00:00Z",
            "track_id": f"t{number % 800:06d}",
            "ms_played": 120_000,
        }


def processor_seconds(process: int) -> float:
    """What a process has used, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measured(url: str, process: int, batch: int, seconds: float) -> tuple[float, float]:
    """Events a second on the clock, and a second of processor time."""
    began, used = time.monotonic(), processor_seconds(process)
    clients = [Client(url, f"{batch}-{number}", batch, began + seconds) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    accepted = sum(client.accepted for client in clients)
    return accepted / (time.monotonic() - began), accepted / (processor_seconds(process) - used)


def main() -> int:
    """Measure each size of batch; print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each size of batch (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write {OUTPUT.relative_to(ROOT)}")
    args = parser.parse_args()
    rows = ["| events a request | events a second | events a second of processor time |", "|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="recsys-events-") as scratch:
        model = Path(scratch) / "model"
        train = [sys.executable, "-m", "recsys", "train", "--quiet", "--users", "300", "--tracks", "800"]
        subprocess.run([*train, "--output", str(model)], check=True, stdout=subprocess.DEVNULL)
        serve = [sys.executable, "-m", "recsys", "serve", "--artifact", str(model), "--port", "0"]
        command = [*serve, "--state", str(Path(scratch) / "state")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                if hasattr(os, "sched_setaffinity"):
                    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
                found = (re.match(r"listening on (http://\S+)", line) for line in process.stdout or ())
                url = next(match[1] for match in found if match)
                for batch in BATCHES:
                    wall, processor = measured(url, process.pid, batch, args.seconds)
                    rows.append(f"| {batch} | {wall:,.0f} | {processor:,.0f} |")
                    print(rows[-1], flush=True)
            finally:
                process.terminate()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    where = f"{platform.machine()}, {os.cpu_count()} cores, load average {load:.1f} at the end, Python "
    text = f"Measured on: {where}{platform.python_version()}."
    if args.write:
        page = ("# Events a second", (__doc__ or "").strip(), "\n".join(rows), text)
        OUTPUT.write_text("\n\n".join(page) + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
