"""The part of each page in docs/gates that the registry knows: `python -m tests.gate_pages` writes it anew."""

from collections.abc import Iterable
from pathlib import Path

from guardrails.gates.base import Gate, Profile
from guardrails.gates.registry import GATES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "gates"
BEGIN, END = "<!-- rules: written by python -m tests.gate_pages -->", "<!-- end of rules -->"


def block(gate: Gate) -> str:
    """What the registry says of a gate: where it runs, its rules, and what each of them does not see."""
    probed = {probe.rule for probe in gate.probes}
    profiles = ", ".join(profile.value for profile in Profile if profile in gate.profiles)
    code = "yes, in the sandbox" if gate.runs_code else "no"
    lines = [
        f"Profiles: {profiles}. Runs code of the change: {code}. {len(gate.rules)} rules, {len(gate.probes)} probes.",
        "",
        "| rule | asks for | what is found |",
        "|---|---|---|",
        *(f"| `{rule.id}` | {rule.severity.value} | {rule.title} |" for rule in gate.rules),
    ]
    limits = [f"- `{rule.id}`: {_cell(rule.limits)}" for rule in gate.rules if rule.limits]
    unprovable = [f"- `{rule.id}`: {_cell(rule.unprovable)}" for rule in gate.rules if rule.id not in probed]
    if limits:
        lines += ["", "What single rules do not see:", "", *limits]
    if unprovable:
        lines += ["", "Without a probe, and why:", "", *unprovable]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("\n", " ")


def written(page: str, gate: Gate) -> str:
    """A page with its block as it must be.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page of {gate.name} lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{block(gate)}\n{END}{after}"


def main(gates: Iterable[Gate] = GATES) -> None:
    """Write the block of every page anew."""
    for gate in gates:
        page = FOLDER / f"{gate.name}.md"
        page.write_text(written(page.read_text(encoding="utf-8"), gate), encoding="utf-8")


if __name__ == "__main__":
    main()
