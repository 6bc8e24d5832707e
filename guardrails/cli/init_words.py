"""What `guardrails init` says, as text."""

import shlex
from collections.abc import Sequence

from guardrails.analysis.debts import PATH, Debts, summary
from guardrails.cli.adoption.looking import Found
from guardrails.cli.init_files import Planned
from guardrails.cli.output import table
from guardrails.report.printable import printable

FIRST = "\nFirst verdict, on what is not committed yet:\n"
NEWEST = "\nThere is nothing new to commit. The verdict on the newest commit:\n"
DRY = "\nNothing was written. Without --dry-run, today's debts are recorded too, and a first verdict is given."
_LISTED = 5


def found(root: str, there: Found, branch: str, dirty: int) -> str:
    """What was seen in the repository."""
    linters = ", ".join(f"{tool} ({path})" for tool, path in (there.linters or {}).items())
    rows = [
        ("repository", f"{root}, on {branch or 'no branch'}"),
        ("packages", _some(there.packages) + (f" below {there.source_root}/" if there.source_root else "")),
        ("tests", f"{_some(there.tests)}{f' ({there.runner})' if there.runner else ''}"),
        ("checkers", linters or "none configured"),
        ("forge", _some(there.forges)),
    ]
    if there.notebooks or (there.scripts and not there.packages):
        rows.append(("scripts", f"{len(there.scripts)}, and {there.notebooks} notebooks"))
    if there.pacts:
        rows.append(("pacts", f"{there.pacts}, of {_some(there.providers)}"))
    if there.service:
        rows.append(("service", f"{there.service.path} ({there.service.kind})"))
    if there.pre_commit:
        rows.append(("pre-commit", ".pre-commit-config.yaml"))
    text = table([(f"  {name}", printable(value)) for name, value in rows])
    note = f"\n\n{dirty} paths are not committed. Debts are counted at the last commit." if dirty else ""
    return f"Found\n{text}{note}"


def _some(names: Sequence[str]) -> str:
    if not names:
        return "none"
    rest = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def files(planned: Sequence[Planned], *, dry: bool) -> str:
    """What became of each file; with `dry` the whole text of each that is not there as it would be written."""
    lines = ["", "Files"]
    verb = "would write" if dry else "wrote"
    for file in planned:
        what = f"left alone, {file.kept}" if file.kept else verb
        lines.append(f"  {printable(file.path)}: {what}")
        if file.hint:
            lines += [f"    {line}" for line in file.hint.rstrip().split("\n")]
    shown = [file for file in planned if dry and file.text and file.kept != "as it would be written"]
    for file in shown:
        lines += ["", f"--- {file.path}", *file.text.rstrip().split("\n")]
    return "\n".join(lines)


def debts(record: Debts, notes: Sequence[str]) -> str:
    """What stands in the record."""
    lines = ["", f"Debts in {PATH}: {summary(record)}.", "They stop nobody; the record may only shrink."]
    lines += [f"  not counted: {printable(note)}" for note in notes]
    return "\n".join(lines)


def update(recorded: Debts, lower: Debts, grown: Sequence[str], *, dry: bool) -> str:
    """What `--update-debts` did."""
    lines = [f"Recorded: {summary(recorded)}.", f"Still there: {summary(lower)}."]
    if lower == recorded:
        lines.append(f"{PATH} is as it was.")
    else:
        lines.append(f"{PATH} {'would be' if dry else 'was'} lowered. Commit it.")
    if grown:
        lines += ["Not in the record, and not added:", *(f"  {printable(one)}" for one in grown)]
    return "\n".join(lines)


def next_steps(written: Sequence[str], branch: str, status: int) -> str:
    """What to do now."""
    if not written:
        return "\nThe gate is adopted: nothing was to be written."
    names = " ".join(shlex.quote(path) for path in written)
    target = printable(branch) or "your default branch"
    verdict = "" if status == 0 else "Correct what the verdict names first.\n"
    return f"""
Next
{verdict}  git switch -c adopt-guardrails
  git add {names}
  git commit -m "Adopt guardrails"
Open a pull request with it to {target}. The files of the policy go to a person, which is why the
verdict asks for one. Once it is merged, every change is judged by them; then make `verdict` a required check.
More: docs/adopting.md of recsys-guardrails."""
