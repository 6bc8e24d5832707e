"""Whether a version can be deployed, from what was recorded: pure, and nothing unknown counts as good."""

from collections.abc import Iterable

from guardrails.model.deployment import Answer, Checked, Decision, Known, PactVersion, Row


def matrix(known: Known, name: str = "") -> list[Row]:
    """Each consumer's version with each provider's version that its pact was held against; `name` narrows it down."""
    rows = []
    for pact in known.pacts:
        if name not in ("", pact.consumer, pact.provider):
            continue
        versions = dict.fromkeys(one.provider_version for one in _of(known.checked, pact))
        rows += [_row(known, pact, version) for version in versions] or [_row(known, pact, "")]
    return rows


def can_deploy(known: Known, name: str, version: str, environment: str) -> Decision:
    """Whether `version` of `name` was verified with everything in `environment` that it meets there.

    As a provider it meets the deployed consumers that have a pact with it; as a consumer, the providers that its pacts
    name, which have to be there. Where it meets nobody there is nothing to go by.
    """
    there = _there(known, environment)
    if not there:
        names = sorted({one.environment for one in known.deployed})
        listed = f"known: {', '.join(names)}" if names else "none is known"
        return Decision(Answer.UNKNOWN, (f"nothing is recorded as deployed in '{environment}' ({listed})",))
    rows: list[Row] = []
    why: list[str] = []
    for consumer, running in sorted(there.items()):
        mine = (p for p in known.pacts if (p.consumer, p.version, p.provider) == (consumer, running, name))
        rows += [_row(known, pact, version) for pact in _latest(mine)]
    for pact in _latest(p for p in known.pacts if (p.consumer, p.version) == (name, version)):
        if pact.provider in there:
            rows.append(_row(known, pact, there[pact.provider]))
        else:
            why.append(f"{name} {version} needs {pact.provider}, of which no version is deployed in '{environment}'")
    why += _complaints(rows)
    why += [f"no pact is recorded of {one} {there[one]}, which runs there" for one in _without_pact(known, name, there)]
    if why:
        return Decision(Answer.NO, tuple(why), tuple(rows))
    if not rows:
        said = f"nobody in '{environment}' is known to depend on {name}, or {name} on them: nothing could be checked"
        return Decision(Answer.UNKNOWN, (said,))
    met = ", ".join(f"{row.consumer} with {row.provider}" for row in rows)
    return Decision(Answer.YES, (f"verified with all that it meets in '{environment}': {met}",), tuple(rows))


def _there(known: Known, environment: str) -> dict[str, str]:
    """What runs in an environment: the newest version of each name."""
    return {one.name: one.version for one in known.deployed if one.environment == environment}


def _without_pact(known: Known, name: str, there: dict[str, str]) -> list[str]:
    """Deployed consumers of `name` whose deployed version has no recorded pact, where another version has one."""
    ever = {pact.consumer for pact in known.pacts if pact.provider == name}
    have = {(pact.consumer, pact.version) for pact in known.pacts if pact.provider == name}
    return sorted(one for one in ever & there.keys() if (one, there[one]) not in have)


def _latest(pacts: Iterable[PactVersion]) -> list[PactVersion]:
    """The last pact that was recorded of each consumer's version with each provider."""
    return list({(pact.consumer, pact.version, pact.provider): pact for pact in pacts}.values())


def _of(checked: Iterable[Checked], pact: PactVersion) -> list[Checked]:
    wanted = (pact.consumer, pact.provider, pact.digest)
    return [one for one in checked if (one.consumer, one.provider, one.digest) == wanted]


def _row(known: Known, pact: PactVersion, provider_version: str) -> Row:
    results = [one.good for one in _of(known.checked, pact) if one.provider_version == provider_version]
    where = {
        one.environment
        for one in known.deployed
        if (one.name, one.version) in ((pact.consumer, pact.version), (pact.provider, provider_version))
        and _there(known, one.environment).get(one.name) == one.version
    }
    good = results[-1] if results else None
    return Row(pact.consumer, pact.version, pact.provider, provider_version, good, tuple(sorted(where)))


def _complaints(rows: Iterable[Row]) -> list[str]:
    words = {False: "failed", None: "was never verified"}
    return [
        f"{row.consumer} {row.consumer_version} with {row.provider} {row.provider_version} {words[row.good]}"
        for row in rows
        if not row.good
    ]
