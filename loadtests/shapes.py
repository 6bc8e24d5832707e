"""The scenarios of `scenarios/` as load shapes of locust, for `locust --master` and its workers.

    LOAD_SCENARIO=spike locust -f loadtests/locustfile.py --headless --host http://127.0.0.1:8080

locust drives users and not arrivals: each user begins half a task a second, so that a rate becomes a number of users.
Where the service is slow they fall behind, which `guardrails load --target` would show as latency; use that for figures
of one machine, and this for more load than one machine makes.
"""

from pathlib import Path
from typing import Any

from locust import LoadTestShape, constant_throughput

from guardrails.load import scenario as scenarios
from guardrails.load.scenario import Scenario
from guardrails.model.open_run import Segment

FOLDER = Path(__file__).resolve().parent / "scenarios"
TASKS_PER_SECOND = 0.5
"""Of each user. A task is one request, or the three of a heavy listener's session."""


def rate_at(segments: tuple[Segment, ...], second: float) -> float | None:
    """Arrivals a second at a moment of a schedule; None after its end."""
    begun = 0.0
    for one in segments:
        if second < begun + one.seconds:
            return one.begin + (one.end - one.begin) * (second - begun) / one.seconds
        begun += one.seconds
    return None


class ScenarioShape(LoadTestShape):
    """As many users as the rate of a scenario asks for, second by second. Subclasses say which scenario."""

    abstract = True
    scenario: Scenario

    def tick(self) -> tuple[int, float] | None:
        """The number of users now and how many may come or go a second; None at the end."""
        rate = rate_at(self.scenario.segments(), self.get_run_time())
        if rate is None:
            return None
        users = max(1, round(rate / TASKS_PER_SECOND))
        return users, float(users)


def shape(name: str) -> type[ScenarioShape]:
    """The shape of a scenario.

    Raises:
        ValueError: there is none of that name.
    """
    file = FOLDER / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.toml")))
        raise ValueError(f"LOAD_SCENARIO is {name!r}, and there is no such scenario. Known are {known}.")
    made = scenarios.parse(file.read_text(encoding="utf-8"), file.name)
    return type(f"{name.title().replace('_', '')}Shape", (ScenarioShape,), {"abstract": False, "scenario": made})


def pace(users: list[Any], scenario: Scenario) -> None:
    """Give user classes the pace that the shapes count on, and the weights of a scenario, where it has any."""
    for one in users:
        one.wait_time = constant_throughput(TASKS_PER_SECOND)
        one.weight = scenario.personas.get(one.__name__, 0) if scenario.personas else one.weight
