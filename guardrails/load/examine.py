"""An examination for a release, from what stands in the tree that the scenario comes from."""

from guardrails.errors import ConfigurationError
from guardrails.load import scenario as scenarios
from guardrails.load.release import Examination, Found
from guardrails.load.scenario import Scenario
from guardrails.load.session import Session
from guardrails.load.slo import Slo
from guardrails.model.open_run import OpenPlan
from guardrails.ports import OpenDesk, Tree


def for_release(
    session: Session, tree: Tree, folder: str, locustfile: str, slo: Slo, desk: OpenDesk, seed: int
) -> Found:
    """Examine the sides of a session by the scenarios in `folder` of `tree` that slo.toml names.

    Raises:
        ConfigurationError: a scenario is not there, or is wrong.
        NotStartedError: the head's service does not start.
        JudgementError: the base's does not, or the generator fails.
    """
    release = slo.release
    assert release is not None
    named = {name: _read(tree, folder, name) for name in release.scenarios}
    plan = OpenPlan(
        root=tree.root,
        locustfile=locustfile,
        path=session.recipe.path,
        seed=seed,
        arrivals=(),
        seconds=0.0,
        request_timeout_seconds=slo.drive.request_timeout_seconds,
    )
    return Examination(session, plan, slo, release, named, desk, desk.seconds or release.seconds).run()


def _read(tree: Tree, folder: str, name: str) -> Scenario:
    file = f"{folder}/{name}.toml"
    text = tree.read(file)
    if text is None:
        raise ConfigurationError(
            f"release.scenarios of slo.toml names {name!r}, and there is no {file}. Write it, or correct the name."
        )
    return scenarios.parse(text.decode("utf-8", "replace"), file)
