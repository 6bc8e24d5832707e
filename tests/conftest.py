"""What every test of this repository shares: how Hypothesis draws, and a guard on the environment."""

import os

from hypothesis import HealthCheck, Phase, settings

# In the suite the properties are reproducible: the same examples in each run, and no verdict from a clock.
settings.register_profile(
    "suite",
    derandomize=True,
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# The properties gate draws fresh examples; it prints the blob that reproduces a failure.
settings.register_profile(
    "gate",
    derandomize=False,
    max_examples=30,
    deadline=None,
    database=None,
    print_blob=True,
    # No explain phase: it runs the failing example many times more, and the gate has a reviewer waiting.
    phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("GUARDRAILS_HYPOTHESIS_PROFILE", "suite"))

# One thread a worker: with more, two workers fight over two cores and both get slower.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ["PACT_DO_NOT_TRACK"] = "true"
