"""The verdict as Markdown for a forge: a pull-request comment or a job summary.

It begins with a summary of at most 20 lines; everything else is folded. Foreign text cannot become markup, a link, a
mention, a reference or a command of the forge.
"""

import re
from collections.abc import Iterable, Iterator

from guardrails.model.finding import Finding, Severity
from guardrails.model.result import GateStatus
from guardrails.model.verdict import Verdict
from guardrails.report import words
from guardrails.report.printable import printable, printable_block, shorten, without_commands

LIMIT = 60_000
"""Characters: GitHub refuses a comment of more than 65,536."""
LEAST_LIMIT = 20_000
MOST_IN_SUMMARY = 8
_RESERVE = 800
# An underscore inside a word is no emphasis; a colon matters in an address; the rest always may.
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~&$]|(?<![^\W_])_|_(?![^\W_])|:(?=//)")
# A list, a heading's underline, a numbered list.
_SPECIAL_AT_START = re.compile(r"^(\d*)(?=[-+=.])")
_BACKTICKS = re.compile(r"`+")


def render(verdict: Verdict, limit: int = LIMIT) -> str:
    """The report in at most `limit` characters (no fewer than 20,000); what is left out is said."""
    limit = max(limit, LEAST_LIMIT)
    summary = "\n".join(_summary(verdict))
    if len(summary) > limit // 2:
        summary = "\n".join(_summary(verdict, most=1))
    room = limit - len(summary) - _RESERVE
    parts, left_out = [summary], []
    for title, blocks in _folds(verdict):
        fold = _fold(title, list(blocks), room)
        room -= len(fold) + 2
        if fold:
            parts.append(fold)
        else:
            left_out.append(title)
    return "\n\n".join([*parts, _foot(verdict, left_out)]) + "\n"


def _summary(verdict: Verdict, most: int = MOST_IN_SUMMARY) -> Iterator[str]:
    yield f"### {verdict.kind.value.upper()}: {words.headline(verdict)}"
    yield ""
    yield _words(words.sentence(verdict), 400)
    yield ""
    worst = [f for f in verdict.findings if f.severity is not Severity.NOTE]
    told = [*worst, *words.approved(verdict)]
    yield from (_bullet(finding) for finding in told[:most])
    if told[most:]:
        yield f"- and {len(told) - most} more, below"
    if told:
        yield ""
    yield "<br>\n".join(_state(verdict))


def _state(verdict: Verdict) -> Iterator[str]:
    if verdict.results:
        yield f"Gates: {_gate_counts(verdict)}."
    left_out = [r.name for r in words.not_checked(verdict)]
    if left_out:
        yield f"Not checked: {_words(words.joined(left_out), 200)}."
    sides = [f"{name} {code(side.label, 100)}" for name, side in words.sides(verdict)]
    if sides:
        uncommitted = "; the head is uncommitted work" if verdict.uncommitted else ""
        yield f"{', '.join(sides)}; {words.size(verdict)}{uncommitted}."


def _bullet(finding: Finding) -> str:
    place = f"{code(finding.place, 150)} " if finding.place else ""
    who = f"; for {code(words.joined(finding.deciders), 100)}" if finding.deciders else ""
    if finding.approved_by:
        who = f"; {_words(finding.why, 300)}"
    kind = "approved" if finding.approved_by else finding.severity.value
    return f"- **{kind}** {place}{_words(finding.what, 200)} ({code(finding.rule, 80)}{who})"


def _gate_counts(verdict: Verdict) -> str:
    counts = [(len(verdict.with_status(status)), status.value) for status in GateStatus]
    return words.joined(f"{number} {name}" for number, name in counts if number)


def _folds(verdict: Verdict) -> Iterator[tuple[str, Iterable[str]]]:
    for severity, groups in words.by_severity(verdict):
        number = sum(group.number for group in groups)
        how = words.how_to_decide(verdict) if severity is Severity.REVIEW else ""
        blocks = [*([_words(how, 1000)] if how else []), *map(_group, groups)]
        yield f"{words.SECTIONS[severity]}: {words.counted(number, 'findings')}", blocks
    if verdict.results:
        yield "Gates: what each did", _gates(verdict)
    missing = _missing(verdict)
    if missing:
        yield "Not checked, and why", missing
    yield "About this check", _about(verdict)


def _fold(title: str, blocks: list[str], room: int) -> str:
    """A fold with as many of the blocks as there is room for; an empty string if there is none."""
    start, end = f"<details><summary>{title}</summary>", "</details>"
    used = len(start) + len(end) + 150
    kept: list[str] = []
    for block in blocks:
        used += len(block) + 2
        if used > room:
            break
        kept.append(block)
    if not kept:
        return ""
    left = len(blocks) - len(kept)
    if left:
        kept.append(f"*There is no room for {words.counted(left, 'entries')} more of this list.*")
    return "\n\n".join([start, *kept, end])


def _group(group: words.Group, most: int = 20) -> str:
    lines = [code(group.rule, 100) or "a rule without a name", ""]
    for finding in group.findings[:most]:
        lines += [_finding(finding), *_command("" if group.command else finding.reproduce)]
    if group.findings[most:]:
        lines.append(f"- and {len(group.findings) - most} more of this rule, in `verdict.json`")
    lines += [*_command(group.command), "", f"Why: {_words(group.why, 1000)}", "", f"Fix: {_words(group.fix, 1000)}"]
    return "\n".join(lines)


def _finding(finding: Finding) -> str:
    place = f"{code(finding.place, 300)} " if finding.place else ""
    decides = f"<br>{code(words.decides(finding), 300)}" if words.decides(finding) else ""
    return f"- {place}{_words(finding.what, 1000)}{decides}"


def _command(command: str) -> list[str]:
    """The command inside the list's last entry."""
    if not command.strip():
        return []
    return ["", *(f"  {line}" for line in fence(printable_block(command, 12, 1000)).split("\n")), ""]


def _gates(verdict: Verdict) -> list[str]:
    rows = ["| gate | status | seconds | found | work (against its floor) |", "| --- | --- | ---: | --- | --- |"]
    for result in verdict.results:
        done = _words(words.work(result), 300)
        cells = [_words(result.name, 60), result.status.value, words.seconds(result), words.found(result), done]
        rows.append(f"| {' | '.join(cells)} |")
    notes = [f"- {_words(r.name, 60)}: {_words(note, 500)}" for r in verdict.results for note in r.notes]
    drawn = [_words(r.name, 60) for r in verdict.results if r.pictures]
    notes += [f"- Pictures of what was measured stand in the page: {words.joined(drawn)}."] if drawn else []
    return ["\n".join(rows), *(["\n".join(notes)] if notes else [])]


def _missing(verdict: Verdict) -> list[str]:
    lines = []
    for result in words.not_checked(verdict):
        broken = "could not judge: " if result.status is GateStatus.ERROR else ""
        lines.append(f"- {_words(result.name, 60)}: {broken}{_words(words.not_checked_because(result), 1000)}")
    return ["\n".join(lines)] if lines else []


def _about(verdict: Verdict) -> list[str]:
    lines = [f"- {label}: {code(value, 300)}" for label, value in words.about(verdict)]
    return ["\n".join(lines + [f"- {_words(note, 500)}" for note in verdict.notes])]


def _foot(verdict: Verdict, left_out: list[str]) -> str:
    cut = f" Left out here for want of room: {words.joined(left_out)}." if left_out else ""
    return f"<sub>guardrails, exit code {verdict.exit_code}. Everything is in `verdict.json`.{cut}</sub>"


def _words(text: str, most: int) -> str:
    return escape(shorten(printable_block(text, 12, 4 * most), most))


def escape(text: str) -> str:
    """`text` as plain words of Markdown, in one line of source; its line breaks stay line breaks.

    A forge looks for mentions and references after Markdown is rendered, where a backslash no longer helps: a
    zero-width space breaks them. A backslash also breaks an address before it becomes a link, and a number before it
    becomes a list.
    """
    return "<br>".join(_escaped_line(printable(line.strip())) for line in text.strip().split("\n"))


def _escaped_line(line: str) -> str:
    line = _SPECIAL.sub(r"\\\g<0>", line).replace("@", "@&#8203;").replace(r"\#", r"\#&#8203;")
    line = re.sub(r"\b(www)\.", r"\1\.", line, flags=re.IGNORECASE)
    return _SPECIAL_AT_START.sub(r"\1\\", line)


def code(text: str, most: int = 1000) -> str:
    """`text` as one code span, in which nothing has a meaning."""
    text = without_commands(shorten(printable(text), most))
    if not text.strip():
        return ""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{'`' * (longest + 1)}{pad}{text}{pad}{'`' * (longest + 1)}"


def fence(text: str, language: str = "sh") -> str:
    """`text` (printable lines) as a fenced block."""
    text = without_commands(text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text}\n{marks}"
