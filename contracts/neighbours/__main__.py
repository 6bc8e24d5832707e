"""Runs the stub of recsys' neighbours.

    python -m contracts.neighbours --port 8090
    recsys serve --artifact model --catalogue http://127.0.0.1:8090 --profiles http://127.0.0.1:8090 \\
        --listens http://127.0.0.1:8090
    curl -X PUT 127.0.0.1:8090/_takedowns -d '{"tracks": ["t01"], "artists": []}'
"""

import argparse
import contextlib
import sys

from contracts.neighbours.stub import Neighbourhood, server


def main() -> int:
    """Run until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m contracts.neighbours",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8090, help="on 127.0.0.1 (default: %(default)s)")
    running = server(Neighbourhood(), parser.parse_args().port)
    sys.stdout.write(f"listening on http://127.0.0.1:{running.server_port}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        running.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
