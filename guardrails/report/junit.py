"""The verdict as JUnit XML: a suite for each gate, in it one case for the gate and one for each finding.

A finding that blocks or needs a person is a failure (its `type` is the severity), a note passes and stands in the
output, a skipped gate is skipped, and a gate that could not judge is an error. The dialect is the one that Jenkins,
GitLab and GitHub's test reporters read; there is no normative schema.
"""

from xml.etree import ElementTree

from guardrails.model.finding import Finding, Severity
from guardrails.model.result import GateResult, GateStatus, VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report import words
from guardrails.report.printable import printable, printable_block, shorten

MOST_CHARACTERS = 20_000


def render(verdict: Verdict) -> str:
    """The whole document, with its declaration. Characters that XML 1.0 forbids are written as their escapes."""
    root = ElementTree.Element("testsuites", name="guardrails")
    for result in verdict.results:
        root.append(_suite(result))
    if verdict.kind is VerdictKind.ERROR and not verdict.with_status(GateStatus.ERROR):
        root.append(_nothing_judged(verdict))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{verdict.seconds:.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(result: GateResult) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=printable(result.name))
    suite.append(_gate(result))
    for finding in result.findings:
        suite.append(_finding(result, finding))
    return _count(suite, result.seconds)


def _count(suite: ElementTree.Element, seconds: float) -> ElementTree.Element:
    suite.set("tests", str(len(suite)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{seconds:.3f}")
    return suite


def _gate(result: GateResult) -> ElementTree.Element:
    case = _case(result.name, "gate", result.seconds)
    if result.status is GateStatus.ERROR or result.kind is VerdictKind.ERROR:
        _outcome(case, "error", words.not_checked_because(result), kind="could-not-judge")
    elif result.status is GateStatus.SKIPPED:
        _outcome(case, "skipped", words.not_checked_because(result))
    elif result.status is GateStatus.FAILED:
        _outcome(case, "failure", f"found: {words.found(result)}", kind=result.kind.value)
    lines = [words.work(result), *result.notes]
    if any(lines):
        ElementTree.SubElement(case, "system-out").text = _long("\n".join(line for line in lines if line))
    return case


def _finding(result: GateResult, finding: Finding) -> ElementTree.Element:
    place = f" at {finding.place}" if finding.place else ""
    case = _case(result.name, shorten(f"{finding.rule}{place}: {finding.what}", 300), 0)
    if finding.path:
        case.set("file", printable(finding.path))
        if finding.line:
            case.set("line", str(finding.line))
    body = f"{finding.what}\n\nwhy: {finding.why}\nfix: {finding.fix}"
    body += f"\nreproduce: {finding.reproduce}" if finding.reproduce else ""
    if finding.severity is Severity.NOTE:
        ElementTree.SubElement(case, "system-out").text = _long(body)
    else:
        _outcome(case, "failure", finding.what, kind=finding.severity.value, body=body)
    return case


def _nothing_judged(verdict: Verdict) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name="guardrails")
    case = _case("guardrails", "verdict", 0)
    _outcome(case, "error", words.sentence(verdict), kind="could-not-judge")
    suite.append(case)
    return _count(suite, 0)


def _case(gate: str, name: str, seconds: float) -> ElementTree.Element:
    classname = f"guardrails.{printable(gate)}"
    return ElementTree.Element("testcase", classname=classname, name=printable(name), time=f"{seconds:.3f}")


def _outcome(case: ElementTree.Element, tag: str, message: str, kind: str = "", body: str = "") -> None:
    element = ElementTree.SubElement(case, tag, message=printable(shorten(message, 1000)))
    if kind:
        element.set("type", kind)
    if tag != "skipped":
        element.text = _long(body or message)


def _long(text: str) -> str:
    return printable_block(text, 400, MOST_CHARACTERS)
