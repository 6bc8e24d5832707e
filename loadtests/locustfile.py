"""The load scenario: who uses the service, in what proportion. `loadtests/README.md` says how to run it.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:8080

It is an ordinary locustfile. The gate `load` drives the same users (with their think times cut) against two services.
"""

import os
import random

from loadtests.personas import HeavyListener, NewListener, ReturningListener, Searcher

__all__ = ["HeavyListener", "NewListener", "ReturningListener", "Searcher"]

if seed := os.environ.get("GUARDRAILS_LOAD_SEED"):
    random.seed(int(seed))
