"""The load scenario: who uses the service, in what proportion. `loadtests/README.md` says how to run it.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:8080

It is an ordinary locustfile. The gate `load` drives the same users (with their think times cut) against two services.
LOAD_SCENARIO gives locust's users the shape of a scenario, on one machine or with --master and --worker.
"""

import os
import random

from loadtests.personas import HeavyListener, NewListener, ReturningListener, Searcher

__all__ = ["HeavyListener", "NewListener", "ReturningListener", "Searcher"]

if seed := os.environ.get("GUARDRAILS_LOAD_SEED"):
    random.seed(int(seed))

if scenario := os.environ.get("LOAD_SCENARIO"):
    from loadtests.shapes import pace, shape

    # Its class is what locust looks for; a loop here would leave a second name for a user, which locust refuses.
    Shape = shape(scenario)
    pace([HeavyListener, NewListener, ReturningListener, Searcher], Shape.scenario)
