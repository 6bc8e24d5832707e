"""`guardrails probe`: each gate judges violations that were planted for it, and must find them."""

import os
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters.changes import Wanted
from guardrails.adapters.plant import BASE, CHANGE, plant
from guardrails.adapters.scratch import scratch_directory
from guardrails.adapters.store import cache_parent
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine, available_cores
from guardrails.cli.options import CheckOptions
from guardrails.cli.output import complain, say, table
from guardrails.errors import GuardrailsError
from guardrails.gates.base import Gate, Profile
from guardrails.gates.registry import GATES
from guardrails.model.probe import Probe
from guardrails.model.result import GateResult, GateStatus
from guardrails.policy import reject_unknown

_PROFILES = (Profile.PR, Profile.RELEASE, Profile.FAST)


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one probe. `bad` and `honest` are empty where the gate did what it must, else they say what."""

    rule: str
    bad: str
    honest: str
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the gate found the violation and let its twin pass."""
        return not self.bad and not self.honest


@dataclass(frozen=True, slots=True)
class Prover:
    """Has gates judge planted violations, `jobs` at once."""

    engine: Engine
    jobs: int
    seed: int

    def prove(self, gates: Sequence[Gate]) -> list[Proof]:
        """The proofs of the gates' probes, in order. Gates that measure time are proved by themselves, at the end."""
        beside = [(gate, probe) for gate in gates if not gate.alone for probe in gate.probes]
        alone = [(gate, probe) for gate in gates if gate.alone for probe in gate.probes]
        with scratch_directory(Path(tempfile.gettempdir())) as scratch:
            return [*self._all(beside, self.jobs, scratch / "b"), *self._all(alone, 1, scratch / "a")]

    def _all(self, pairs: Sequence[tuple[Gate, Probe]], jobs: int, scratch: Path) -> list[Proof]:
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="gate-probe")
        try:
            futures: list[Future[Proof]] = [
                pool.submit(self._one, gate, probe, scratch / str(number)) for number, (gate, probe) in enumerate(pairs)
            ]
            wait(futures)
            return [future.result() for future in futures]
        except BaseException:
            self.engine.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            pool.shutdown(wait=False)

    def _one(self, gate: Gate, probe: Probe, scratch: Path) -> Proof:
        began = time.monotonic()
        bad = self._judged(gate, probe, probe.bad, probe.bad_message, scratch / "bad")
        honest = self._judged(gate, probe, probe.honest, probe.honest_message, scratch / "honest")
        proof = Proof(probe.rule, _missed(bad, probe.rule), _false_alarm(honest), time.monotonic() - began)
        complain(f"{proof.rule}: {'fires' if proof.good else 'BROKEN'} ({proof.seconds:.1f} s)")
        return proof

    def _judged(
        self, gate: Gate, probe: Probe, change: Mapping[str, str | None], message: str, directory: Path
    ) -> GateResult | str:
        """What the gate answers, or why nothing could be judged at all."""
        profile = next(profile for profile in _PROFILES if profile in gate.profiles)
        options = CheckOptions(
            directory, Wanted(BASE, CHANGE), only=(gate.name,), profile=profile.value, jobs=1, seed=self.seed
        )
        try:
            plant(directory, probe.base, change, message)
            verdict = self.engine.check(options)
        except (GuardrailsError, OSError) as error:
            return str(error)
        return next(result for result in verdict.results if result.name == gate.name)


def run_probes(names: Sequence[str], *, jobs: int = 0, seed: int | None = None) -> int:
    """Prove the named gates, or all: 0 if every probe fires and every rule has one (or says why none), 1 if not.

    Raises:
        UsageError: there is no such gate.
    """
    for name in names:
        reject_unknown(name, [gate.name for gate in GATES], "probe")
    gates = [gate for gate in GATES if not names or gate.name in names]
    engine = Engine(
        GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=cache_parent(os.environ) / "probes"
    )
    proofs = Prover(engine, jobs or available_cores(), secrets.randbits(32) if seed is None else seed).prove(gates)
    say(report(gates, proofs))
    return 0 if all(proof.good for proof in proofs) and not unproved(gates, proofs) else 1


def unproved(gates: Sequence[Gate], proofs: Sequence[Proof]) -> list[str]:
    """The rules of which no probe shows that they work, and that do not say why none can."""
    proved = {proof.rule for proof in proofs if proof.good}
    return [rule.id for gate in gates for rule in gate.rules if rule.id not in proved and not rule.unprovable]


def report(gates: Sequence[Gate], proofs: Sequence[Proof]) -> str:
    """The proofs as a table, and what is left to prove, in words."""
    rows = [("gate", "planted violation", "is caught", "honest twin passes", "seconds")]
    rows += [
        (p.rule.partition("/")[0], p.rule, "NO" if p.bad else "yes", "NO" if p.honest else "yes", f"{p.seconds:.1f}")
        for p in proofs
    ]
    lines = [table(rows), ""]
    lines += [f"{p.rule}: {trouble}" for p in proofs for trouble in (p.bad, p.honest) if trouble]
    lines += [
        f"{gate.name}: no violation is planted for this gate, so nothing shows that it can fail."
        for gate in gates
        if not gate.probes
    ]
    if open_rules := unproved(gates, proofs):
        lines.append(f"Rules that no probe has proved: {', '.join(open_rules)}. Each needs a Probe.")
    lines += [f"{rule.id} has no probe: {rule.unprovable}" for gate in gates for rule in gate.rules if rule.unprovable]
    good = sum(proof.good for proof in proofs)
    lines.append(f"{good} of {len(proofs)} probes did what they must, for {len(gates)} gates.")
    return "\n".join(lines)


def _missed(result: GateResult | str, rule: str) -> str:
    """Why the planted violation does not count as caught, or an empty string."""
    if isinstance(result, str):
        return f"could not be planted: {result}"
    # A finding counts although too little else was checked: a service that does not start leaves nothing to check.
    if any(finding.rule == rule for finding in result.findings):
        return ""
    if result.status is GateStatus.ERROR:
        return f"the gate could not judge the planted violation: {result.error}"
    if result.skip is not None:
        return f"the gate skipped the planted violation: {result.skip.sentence}"
    found = ", ".join(sorted({finding.rule for finding in result.findings})) or "nothing"
    return f"the gate missed the planted violation; it found {found}."


def _false_alarm(result: GateResult | str) -> str:
    """Why the honest twin does not count as passed, or an empty string."""
    if isinstance(result, str):
        return f"the honest twin could not be judged: {result}"
    if result.status is GateStatus.PASSED:
        return ""
    what = result.error or (result.skip.sentence if result.skip else result.findings[0].what)
    return f"the honest twin did not pass ({result.status.value}): {what}"
