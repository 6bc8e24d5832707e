"""The verdict for a terminal: in words first, then what is wrong, then what was done.

The output holds no control character of the change's making. Lines keep to the width, but for commands (they start with
`$ `), which are never broken, so that they can be copied.
"""

import io

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guardrails.model.finding import Finding, Severity
from guardrails.model.result import GateResult, GateStatus, VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report import text_pictures, words
from guardrails.report.printable import printable, printable_block, shorten, without_commands

MIN_WIDTH = 40
MOST_PER_GROUP = 10
_JUDGED = ("base", "head", "uncommitted", "size")
_VERDICT_STYLE = {
    VerdictKind.PASS: "bold green",
    VerdictKind.REVIEW: "bold yellow",
    VerdictKind.BLOCK: "bold red",
    VerdictKind.ERROR: "bold magenta",
}
_SEVERITY_STYLE = {Severity.BLOCK: "bold red", Severity.REVIEW: "bold yellow", Severity.NOTE: "bold cyan"}
_STATUS_STYLE = {
    GateStatus.PASSED: "green",
    GateStatus.FAILED: "red",
    GateStatus.SKIPPED: "dim",
    GateStatus.ERROR: "magenta",
}


def render(verdict: Verdict, *, color: bool = False, width: int = 100) -> str:
    """The verdict as lines of at most `width` columns (no fewer than 40), with ANSI colours only if `color`."""
    out = io.StringIO()
    draw(verdict, terminal(out, color=color, width=width))
    lines = (line.rstrip() for line in out.getvalue().split("\n"))
    return without_commands("\n".join(lines))


def terminal(out: io.StringIO, *, color: bool, width: int) -> Console:
    """A console that writes to `out` and looks at nothing else: not the environment, not the real terminal."""
    return Console(
        file=out,
        width=max(width, MIN_WIDTH),
        height=100,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def draw(verdict: Verdict, console: Console) -> None:
    """Print the verdict on a console of rich."""
    _head(verdict, console)
    for severity, groups in words.by_severity(verdict):
        number = sum(group.number for group in groups)
        _heading(console, f"{words.SECTIONS[severity]} ({number})", _SEVERITY_STYLE[severity])
        if severity is Severity.REVIEW and (how := words.how_to_decide(verdict)):
            console.print(Padding(Text(printable(shorten(how, 1000)), style="dim"), (0, 0, 0, 2)))
        for group in groups:
            _group(group, console)
    if verdict.results:
        _heading(console, "Gates", "bold")
        console.print(Padding(_gates(verdict), (0, 0, 0, 2)))
        _notes(verdict, console)
        text_pictures.draw(verdict, console)
    _not_checked(verdict, console)
    _foot(verdict, console)


def _head(verdict: Verdict, console: Console) -> None:
    first = Text(verdict.kind.value.upper(), style=_VERDICT_STYLE[verdict.kind])
    console.print(Text.assemble(first, ": ", words.headline(verdict)))
    console.print(Text(printable_block(words.sentence(verdict), 8, 800)))
    if verdict.head or verdict.base:
        console.print()
    table = _table()
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in words.about(verdict):
        if label in _JUDGED:
            table.add_row(label, Text(printable(shorten(value, 200))))
    console.print(Padding(table, (0, 0, 0, 2)))
    for note in verdict.notes:
        console.print(Padding(Text(printable_block(note, 4)), (0, 0, 0, 2)))


def _heading(console: Console, title: str, style: str) -> None:
    console.print()
    console.print(Text(title, style=style))


def _group(group: words.Group, console: Console) -> None:
    console.print()
    console.print(Padding(Text(printable(group.rule), style=_SEVERITY_STYLE[group.severity]), (0, 0, 0, 2)))
    for finding in group.findings[:MOST_PER_GROUP]:
        _finding(finding, console)
        _decides(finding, console)
        _command("" if group.command else finding.reproduce, console)
    left = len(group.findings) - MOST_PER_GROUP
    if left > 0:
        text = f"... and {left} more of this rule, in full in every other format"
        console.print(Padding(Text(text, style="dim"), (0, 0, 0, 4)))
    _command(group.command, console)
    for label, text in (("why", group.why), ("fix", group.fix)):
        if text:
            console.print(Padding(_labelled(label, text), (0, 0, 0, 4)))


def _finding(finding: Finding, console: Console) -> None:
    what, place = printable_block(finding.what, 12, 1500), printable(finding.place)
    fits = "\n" not in what and cell_len(place) + cell_len(what) + 6 <= console.width
    gap = ("  " if fits else "\n  ") if place else ""
    console.print(Padding(Text.assemble((place, "bold"), gap, what.replace("\n", "\n  ")), (0, 0, 0, 4)))


def _decides(finding: Finding, console: Console) -> None:
    if said := words.decides(finding):
        console.print(Padding(Text(printable(shorten(said, 300)), style="dim", overflow="fold"), (0, 0, 0, 6)))


def _command(command: str, console: Console) -> None:
    for line in printable_block(command, 12).split("\n"):
        if line:
            console.print(Text(f"      $ {line}", style="cyan"), soft_wrap=True)


def _labelled(label: str, text: str) -> Table:
    table = _table()
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(label, Text(printable_block(text, 20, 2000)))
    return table


def _gates(verdict: Verdict) -> Table:
    table = _table(show_header=True)
    table.add_column("gate", overflow="fold")
    table.add_column("status", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("found", overflow="fold")
    table.add_column("work (against its floor)", overflow="fold", ratio=1)
    for result in verdict.results:
        status = Text(result.status.value, style=_STATUS_STYLE[result.status])
        done = Text(printable(words.work(result)))
        table.add_row(Text(printable(result.name)), status, words.seconds(result), words.found(result), done)
    return table


def _notes(verdict: Verdict, console: Console) -> None:
    noted = [result for result in verdict.results if result.notes]
    if noted:
        _heading(console, "Measured", "bold")
        console.print(Padding(_reasons([(r.name, note) for r in noted for note in r.notes]), (0, 0, 0, 2)))


def _not_checked(verdict: Verdict, console: Console) -> None:
    results = words.not_checked(verdict)
    if results:
        _heading(console, "Not checked", "bold")
        console.print(Padding(_reasons([(r.name, _reason(r)) for r in results]), (0, 0, 0, 2)))


def _foot(verdict: Verdict, console: Console) -> None:
    """By what it was judged, and the command that repeats it."""
    about = [(label, value) for label, value in words.about(verdict) if label not in (*_JUDGED, "repeat")]
    told = [f"{label} {value[:12] if label == 'policy' else value}" for label, value in about]
    console.print()
    console.print(Text(printable(shorten(", ".join(told), 400)), style="dim"))
    if verdict.findings:
        console.print("More about a rule: guardrails explain RULE", style="dim")
    if verdict.command:
        console.print(Text(f"$ {printable(verdict.command)}", style="cyan"), soft_wrap=True)


def _reason(result: GateResult) -> str:
    prefix = "could not judge: " if result.status is GateStatus.ERROR else ""
    return prefix + words.not_checked_because(result)


def _reasons(rows: list[tuple[str, str]]) -> Table:
    table = _table()
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(Text(printable(name)), Text(printable_block(text, 12, 2000)))
    return table


def _table(*, show_header: bool = False) -> Table:
    """A table without lines, whose header is dim."""
    return Table(box=None, show_header=show_header, header_style="dim", pad_edge=False)
