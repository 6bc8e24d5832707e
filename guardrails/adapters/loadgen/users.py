"""A scenario's users, with every request of theirs led through a lane."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import geventhttpclient.client
import locust
from locust.env import Environment

# locust is typed by halves: its classes, events and runners are Any here.
User = Any
UserClass = Any


class ScenarioError(Exception):
    """The scenario cannot be driven."""


class Gate(Protocol):
    """What stands between users and a service."""

    def seat(self, user: User) -> int:
        """Take in a user; returns its number, which decides what it draws."""

    def send(self, user: User, request: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever locust's client answers
        """Send a request when it is its turn."""


def never_retry() -> None:
    """Make geventhttpclient report a connection that the service closed; by itself it sends a GET up to 11 times."""
    geventhttpclient.client._may_retry_after_send_error = lambda method: False  # noqa: SLF001, ARG005 - there is no setting


def spawned(
    classes: Sequence[UserClass],
    users: int,
    host: str,
    on_request: Callable[..., None],
    on_user_error: Callable[..., None],
) -> Any:  # noqa: ANN401 - locust's Environment
    """An environment of its own with its users made; its events are passed on to the listeners of the scenario too."""
    events: Any = locust.event
    environment: Any = Environment(user_classes=list(classes), host=host, events=events.Events())
    for name, hook in vars(locust.events).items():
        getattr(environment.events, name).add_listener(hook.fire)
    environment.events.request.add_listener(on_request)
    environment.events.user_error.add_listener(on_user_error)
    runner = environment.create_local_runner()
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    runner.start(users, spawn_rate=float(users))
    runner.spawning_greenlet.get()
    return environment


def gated(kind: UserClass, gate: Gate, timeout: float, take_seat: Callable[[int], None]) -> UserClass:
    """A user class whose requests go through a gate. Think times are cut, time-outs (in seconds) are bounded."""

    class Gated(kind):  # type: ignore[misc] # a class that is known only at run time
        wait_time = locust.constant(0)
        network_timeout = min(getattr(kind, "network_timeout", timeout), timeout)
        connection_timeout = min(getattr(kind, "connection_timeout", timeout), timeout)

        def __init__(self, environment: Environment) -> None:
            super().__init__(environment)
            request = getattr(getattr(self, "client", None), "request", None)
            if request is None:
                raise ScenarioError(f"{kind.__name__} has no HTTP client. Derive it from FastHttpUser or HttpUser.")
            self.guardrails_seat = gate.seat(self)
            # requests waits for ever unless it is told not to.
            bound = {"timeout": timeout} if isinstance(self, locust.HttpUser) else {}
            self.client.request = lambda *args, **kwargs: gate.send(self, request, args, {**bound, **kwargs})

        def guardrails_reconnect(self) -> None:
            if isinstance(self, locust.HttpUser):
                self.client.close()
            else:
                self.client.client.clientpool.close()

        def on_start(self) -> None:
            take_seat(self.guardrails_seat)
            super().on_start()

    Gated.__name__ = Gated.__qualname__ = kind.__name__
    return Gated
