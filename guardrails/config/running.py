"""The gates that run the project."""

import re

from guardrails.config.section import Section

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class Contracts(Section, frozen=True):
    """Consumer-driven contracts: the pacts, the consumers' tests, and how to start the provider."""

    pacts: str = "contracts/pacts"
    consumers: str = "contracts/consumers"
    provider: str = ""
    """The provider's name in the pacts. Empty: the gate has no subject."""
    command: tuple[str, ...] = ()
    """Starts the provider with its state handlers. `{python}`, `{port}` and `{states_port}` are replaced."""
    ready_path: str = "/readyz"
    states_path: str = "/_states"
    """Where the provider takes `POST {"state": …, "params": {…}, "action": "setup" | "teardown"}`, on `{states_port}`
    if the command names it, else on `{port}`. 2xx: done; 404: no handler for the state; the state "" may be refused."""
    messages_path: str = ""
    """Where, beside `states_path`, the provider takes `POST {"description": …, "providerStates": […]}` and answers with
    a message that it emitted, its metadata in base64 in the header `pact-message-metadata`; 404: no such message.
    Empty: the provider emits none, and an interaction by message is unverified."""
    openapi: str = "contracts/openapi.json"
    """The provider's published description. A change to it is judged by meaning."""
    events: str = "contracts/events"
    """The directory of the JSON Schemas of what the provider emits. A change to one is judged by meaning."""
    timeout_seconds: float = 120
    minimum_interactions: int = 1
    inputs: tuple[str, ...] = ()
    """What the outcome depends on. Unchanged between base and head: nothing to check. Empty: always checked."""


class Apart(Section, frozen=True):
    """A part of the suite that reads only `inputs`: left out of a check in which none of them changed."""

    paths: tuple[str, ...]
    inputs: tuple[str, ...]


class Tests(Section, frozen=True):
    """The project's tests. `paths` empty: the gate has no subject unless the tree has a `tests` directory."""

    paths: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    """Further paths, each with what it reads: the owner of the policy vouches for it."""
    timeout_seconds: float = 600
    collect_timeout_seconds: float = 120
    """For importing the tests, here and for properties and consumers: code that hangs at import is told sooner."""
    minimum: int = 1
    workers: int = 0
    """Processes to spread a suite's files over. 0: as many as there are cores for it; 1 for tests that share a port."""
    markers: str = ""
    """Which tests to run, as pytest's `-m` takes it (`not slow`). Empty: what the project's configuration selects."""
    plugins: tuple[str, ...] = ("*",)
    """The pytest plugins of the environment to load, here and for properties and consumers; `*` is all of them. To name
    the few that the tests need makes pytest start faster."""


class Mutants(Section, frozen=True):
    """Whether tests notice faults in the lines that a change made. The tests are those of `[tests]`."""

    seconds: float = 30
    """How long mutants are tried. What was not reached by then is said."""
    watch_seconds: float = 60
    """How long tests are watched, to see which of them execute the changed lines."""
    minimum: int = 1
    """Mutants that must have been tried, where that many can be made of lines that tests execute."""


class Properties(Section, frozen=True):
    """Hypothesis suites, run with fresh seeds over the head's code. `paths` empty: the gate has no subject."""

    paths: tuple[str, ...] = ()
    timeout_seconds: float = 600
    minimum_properties: int = 1
    minimum_examples: int = 50
    inputs: tuple[str, ...] = ()
    """What the outcome depends on. Unchanged between base and head: nothing to check. Empty: always checked."""


class Load(Section, frozen=True):
    """The load scenario and how to start the service. `locustfile` empty: the gate has no subject."""

    locustfile: str = ""
    slo: str = "loadtests/slo.toml"
    scenarios: str = "loadtests/scenarios"
    """The directory of the scenarios, a .toml file each."""
    prepare: tuple[str, ...] = ()
    """Makes what the service serves. `{python}` and `{artifact}` (a directory to create) are replaced."""
    command: tuple[str, ...] = ()
    """Starts the service. `{python}`, `{artifact}`, `{state}` (a private directory) and `{port}` are replaced."""
    inputs: tuple[str, ...] = ()
    """What the measured service is made of. Unchanged between base and head: nothing to measure."""
    metrics_path: str = ""
    """Where the service shows its own metrics in the text format of Prometheus: `/metrics`. Empty: not asked."""
    stage_metric: str = ""
    """The histogram or summary of them that holds the seconds of each stage; none without the path."""
    call_metrics: tuple[str, ...] = ()
    """The counters of them that count calls of a store, as `service_store_calls_total`; none without the path."""
    stage_label: str = "stage"
    """The label that names the stage."""
    ready_path: str = "/readyz"
    ready_timeout_seconds: float = 60
    prepare_timeout_seconds: float = 300

    def __post_init__(self) -> None:
        """Raises: ValueError: one of the path and the metric without the other, or what cannot be either."""
        named = bool(self.stage_metric or self.call_metrics)
        if bool(self.metrics_path) != named:
            raise ValueError("metrics_path goes with stage_metric or call_metrics: set one of them too, or neither")
        if self.metrics_path and not self.metrics_path.startswith("/"):
            raise ValueError(f"metrics_path is {self.metrics_path!r}, and must begin with a slash")
        names = [("stage_metric", self.stage_metric), ("stage_label", self.stage_label)]
        for key, name in (*names, *(("call_metrics", one) for one in self.call_metrics)):
            if name and not _METRIC.fullmatch(name):
                raise ValueError(f"{key} is {name!r}, which Prometheus takes for no name: letters, digits, _ and :")


class Behaviour(Section, frozen=True):
    """Requests that base and head both answer, and how the answers are compared. `requests` empty: no subject."""

    requests: str = ""
    """A file of JSON lines `{"method": …, "path": …, "body": …}`, asked in order, read at the base."""
    generate: tuple[str, ...] = ()
    """Prints further requests as JSON lines; run in the base's tree. `{python}` and `{seed}` are replaced."""
    prepare: tuple[str, ...] = ()
    """As in `load`."""
    command: tuple[str, ...] = ()
    """As in `load`. Chance and the clock must be held still, or the base disagrees with itself."""
    inputs: tuple[str, ...] = ()
    """What the answers depend on. Unchanged between base and head: nothing to compare. Empty: always compared."""
    items: str = "items[].id"
    """Where the ids of a slate stand in an answer."""
    explain: str = ""
    """A field of a request that asks the service for its reasons when it is true: in the body where that is an object,
    else in the query. The few answers that changed most are asked for once more with it. Empty: nobody is asked."""
    user: str = "user_id"
    """Where the user's id stands in the body of a request. Empty: users are not counted."""
    ignore: tuple[str, ...] = ("request_id",)
    """Fields of answers that differ by nature: names, or places such as `items[].age`."""
    tolerance: float = 1e-9
    """How far numbers may lie apart, relative to the larger of both or to 1."""
    least_overlap: float = 0.2
    """Mean overlap@10 below which a person must look, unless the change is declared a feature or a fix."""
    minimum_requests: int = 10
    most_requests: int = 300
    """The recorded ones first, then generated ones."""
    request_timeout_seconds: float = 10
    timeout_seconds: float = 120
    """For all requests of one side."""
    ready_path: str = "/readyz"
    ready_timeout_seconds: float = 60
    prepare_timeout_seconds: float = 300
