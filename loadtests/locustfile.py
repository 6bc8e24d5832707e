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
    from locust import constant_throughput

    from loadtests.shapes import TASKS_PER_SECOND, shape

    Shape = shape(scenario)
    for kind in (HeavyListener, NewListener, ReturningListener, Searcher):
        kind.wait_time = constant_throughput(TASKS_PER_SECOND)
        kind.weight = Shape.scenario.personas.get(kind.__name__, kind.weight if not Shape.scenario.personas else 0)
