"""`guardrails contracts`: what was verified with what, and whether a version can be deployed."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import guardrails
from guardrails.adapters.broker import Broker, Credentials
from guardrails.adapters.git import open_repository
from guardrails.adapters.ledger import FileLedger, ledger_path
from guardrails.analysis import fetched
from guardrails.analysis.fetched import Origin
from guardrails.analysis.pacts import UnreadablePactError, parse
from guardrails.cli.options import ContractsOptions
from guardrails.errors import UsageError
from guardrails.model.contract import ASKED, Verified
from guardrails.model.deployment import Checked, Decision, Deployed, PactVersion, Row
from guardrails.model.result import GateStatus
from guardrails.model.verdict import Verdict
from guardrails.report.printable import printable
from guardrails.report.words import counted


class Ledger(Protocol):
    """Keeps who was verified with whom, and what runs where: a file of the repository, or a Pact Broker.

    Each method raises `JudgementError` where the ledger cannot be read, written or reached.
    """

    def record(self, pacts: Sequence[PactVersion], checked: Sequence[Checked]) -> None:
        """Keep pacts and the results of their verification."""

    def deploy(self, deployed: Deployed) -> None:
        """Keep that a version runs in an environment from now on."""

    def matrix(self, name: str = "") -> Sequence[Row]:
        """Who was verified with whom; of one consumer or provider with `name`."""

    def can_deploy(self, name: str, version: str, environment: str) -> Decision:
        """Whether a version was verified with all that it meets in an environment."""


def run_contracts(options: ContractsOptions, environment: Mapping[str, str]) -> int:
    """Run one of the commands; the exit status.

    Raises:
        UsageError: the arguments or the verdict do not allow it.
        JudgementError: the ledger or the broker cannot be used.
    """
    match options.action:
        case "record":
            return _record(options, environment)
        case "deployed":
            now = datetime.now(UTC).isoformat(timespec="seconds")
            _ledger(options, environment).deploy(Deployed(options.name, options.version, options.to, now))
            _say(f"recorded: {options.name} {options.version} runs in {options.to}")
            return 0
        case "matrix":
            return _matrix(_ledger(options, environment).matrix(options.name))
        case "can-deploy":
            return _can_deploy(options, environment)
        case _:
            return _fetch(options, environment)


def broker_of(environment: Mapping[str, str], branch: str = "") -> Broker | None:
    """The Pact Broker that the environment names, or None. `branch`: the provider's, to record results of."""
    address = environment.get("PACT_BROKER_BASE_URL", "")
    if not address:
        return None
    if not address.startswith(("http://", "https://")):
        raise UsageError(f"PACT_BROKER_BASE_URL is {address!r}; it must begin with http:// or https://")
    names = ("PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD")
    credentials = Credentials(*(environment.get(name, "") for name in names))
    return Broker(address, credentials, version=guardrails.__version__, branch=branch)


def _ledger(options: ContractsOptions, environment: Mapping[str, str]) -> Ledger:
    broker = broker_of(environment, options.branch)
    return broker or FileLedger(ledger_path(open_repository(options.repository).common_directory))


def _record(options: ContractsOptions, environment: Mapping[str, str]) -> int:
    from guardrails.report.read import read

    try:
        verdict = read(options.source.read_bytes(), str(options.source))
    except OSError as error:
        raise UsageError(f"{options.source} cannot be read: {error.strerror}. Name a file with --from.") from error
    origins = _origins(options.repository, verdict)
    pacts, checked = recordable(verdict, options.versions, str(options.source), origins)
    if broker_of(environment):
        pacts = [_with_text(options.repository, verdict, pact) for pact in pacts]
    _ledger(options, environment).record(pacts, checked)
    good = sum(one.good for one in checked)
    if checked:
        which = f"{checked[0].provider} {checked[0].provider_version}"
        pending = sum(any(one.pending for one in entries) for entries in _by_pact(_entries(verdict)).values())
        more = f" ({pending} with something pending)" if pending else ""
        _say(f"recorded: {counted(len(checked), 'pacts')} with {which}, {good} of them good{more}")
    asked = [f"{pact.consumer} with {pact.provider}" for pact in pacts if pact.consumer == _provider(verdict)]
    if asked:
        _say(f"recorded, for their providers to verify: {', '.join(asked)}")
    return 0


def _provider(verdict: Verdict) -> str:
    """Whose verdict it is, by the name that it has in pacts; empty where it asks nothing of others."""
    asked = (one.consumer for one in _entries(verdict) if one.side == ASKED)
    return next(asked, "")


def recordable(
    verdict: Verdict, versions: Mapping[str, str], source: str, origins: Mapping[str, Origin] | None = None
) -> tuple[list[PactVersion], list[Checked]]:
    """The pacts of a verdict with their consumers' versions, and one result for each pact.

    A consumer's version is the commit of the side whose pact it is, unless `versions` or its origin names another.
    What a consumer calls pending does not fail its pact; a pact that the broker calls pending is told as it is: the
    broker wants the truth of it.

    Raises:
        UsageError: nothing was verified, or the work was not committed: it has no version.
    """
    gate = next((result for result in verdict.results if result.name == "contracts"), None)
    if gate is None or not gate.verified or gate.status is GateStatus.ERROR:
        why = f": {gate.error}" if gate and gate.error else ""
        raise UsageError(f"{source} holds no verification results of the contracts gate{why}. Run the check with it.")
    if verdict.head is None or verdict.base is None or verdict.head.commit is None:
        raise UsageError(f"{source} judges uncommitted work, which has no version. Commit, and check again.")
    head, base = verdict.head.commit, verdict.base.commit or verdict.base.tree
    now = datetime.now(UTC).isoformat(timespec="seconds")
    # Where the head's pacts are the base's, they are verified once, and hold for both.
    alike = not any(one.side == "head" for one in gate.verified)
    pacts, checked = [], []
    for (side, consumer, provider, digest), entries in _by_pact(gate.verified).items():
        if side == ASKED:
            pacts.append(PactVersion(consumer, versions.get(consumer, head), provider, digest))
            continue
        sides = [base, head] if alike else [head if side == "head" else base]
        origin = (origins or {}).get(entries[0].path)
        told = versions.get(consumer) or (origin.version if origin else "")
        named = dict.fromkeys([told] if told else sides)
        good = all(one.good or (one.pending and origin is None) for one in entries)
        pacts += [PactVersion(consumer, version, provider, digest) for version in named]
        checked.append(Checked(consumer, provider, digest, head, good, now))
    return pacts, checked


def _entries(verdict: Verdict) -> list[Verified]:
    return [one for result in verdict.results for one in result.verified]


def _origins(repository: Path, verdict: Verdict) -> Mapping[str, Origin]:
    """Where the pacts of a verdict came from, by path; those that a broker gave."""
    found: dict[str, Origin] = {}
    for path in {one.path for one in _entries(verdict)}:
        place = fetched.beside(path)
        try:
            text = (repository / place).read_text(encoding="utf-8")
            origin = fetched.parse(place, text).get(path.rpartition("/")[2])
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, UnreadablePactError) as error:
            raise UsageError(f"{repository / place} cannot be read: {error}. Fetch the pacts anew.") from error
        if origin is not None:
            found[path] = origin
    return found


def _by_pact(verified: Sequence[Verified]) -> dict[tuple[str, str, str, str], list[Verified]]:
    found: dict[tuple[str, str, str, str], list[Verified]] = {}
    for one in verified:
        found.setdefault((one.side, one.consumer, one.provider, one.pact), []).append(one)
    return found


def _with_text(repository: Path, verdict: Verdict, pact: PactVersion) -> PactVersion:
    """The pact with its text from the work tree, which must be what was verified."""
    entries = [one for one in _entries(verdict) if one.pact == pact.digest]
    path = repository / entries[0].path
    try:
        text = path.read_text(encoding="utf-8")
        same = parse(entries[0].path, text).digest == pact.digest
    except (OSError, UnicodeDecodeError, UnreadablePactError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Check out the commit that was judged.") from error
    if not same:
        raise UsageError(f"{path} is not the pact that was verified. Check out the commit that was judged.")
    return PactVersion(pact.consumer, pact.version, pact.provider, pact.digest, text)


def _matrix(rows: Sequence[Row]) -> int:
    if not rows:
        _say("nothing is recorded yet: guardrails contracts record --from verdict.json")
        return 0
    table = [("consumer", "version", "provider", "version", "verified", "runs in"), *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        _say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    verified = {True: "yes", False: "FAILED", None: "never"}[row.good]
    where = ", ".join(row.environments)
    cells = (row.consumer, row.consumer_version[:12], row.provider, row.provider_version[:12] or "-", verified, where)
    return tuple(printable(cell) for cell in cells)


def _can_deploy(options: ContractsOptions, environment: Mapping[str, str]) -> int:
    decision = _ledger(options, environment).can_deploy(options.name, options.version, options.to)
    _say(f"{decision.answer.upper()}: {options.name} {options.version} to {options.to}")
    for why in decision.why:
        _say(f"  {why}")
    if decision.rows:
        _matrix(decision.rows)
    return decision.answer.exit_code


def _fetch(options: ContractsOptions, environment: Mapping[str, str]) -> int:
    broker = broker_of(environment)
    if broker is None:
        raise UsageError("contracts fetch asks a Pact Broker. Set PACT_BROKER_BASE_URL to its address.")
    selectors = [_selector(text) for text in options.selectors] or [{"mainBranch": True}, {"deployedOrReleased": True}]
    given = broker.fetch(
        options.name, selectors, branch=options.branch, pending=options.pending, wip_since=options.wip_since
    )
    if not given:
        raise UsageError(f"the broker has no pact of provider '{options.name}' for these selectors. Check the name.")
    options.output.mkdir(parents=True, exist_ok=True)
    origins = {}
    for number, one in enumerate(given, 1):
        name = "".join(character if character.isalnum() or character in "-_." else "_" for character in one.name)
        path = options.output / f"{number:03}-{name.lstrip('.')}.json"
        path.write_text(one.text, encoding="utf-8")
        origins[path.name] = Origin(one.version, one.pending, one.why)
        _say(f"{path}{' (pending)' if one.pending else ''}")
        for why in one.why:
            _say(f"  {why}")
    _remove_stale(options.output, origins)
    (options.output / fetched.NAME).write_text(fetched.written(origins), encoding="utf-8")
    return 0


def _remove_stale(directory: Path, origins: Mapping[str, Origin]) -> None:
    """Remove what an earlier fetch wrote and the broker no longer gives: it would be verified as if it did."""
    try:
        before = fetched.parse(str(directory / fetched.NAME), (directory / fetched.NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UnreadablePactError):
        return
    for name in before:
        if name not in origins and Path(name).name == name:
            (directory / name).unlink(missing_ok=True)
            _say(f"{directory / name} removed: the broker no longer gives it")


def _selector(text: str) -> Mapping[str, object]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--selector {text!r} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise UsageError(f'--selector {text!r} is not an object such as {{"deployed": true}}')
    return told


def _say(line: str) -> None:
    print(printable(line))
