"""The verdict as SARIF 2.1.0, for code-scanning pages.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and the subset that GitHub reads (every result needs a location,
every rule a description and a help text, and 5,000 results of a run are shown).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.result import GateResult, GateStatus, VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report import words
from guardrails.report.fingerprint import fingerprints
from guardrails.report.printable import printable, printable_block, shorten

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5000
MOST_BYTES = 10_000_000
"""GitHub refuses a log that is larger than this after compression."""
ROOM = ((MOST_RESULTS, 4000), (MOST_RESULTS, 500), (1000, 500), (200, 500))
"""Results, and letters of each of their texts: what is tried in turn until the log is small enough."""
WHOLE_CHANGE = "guardrails.toml"
"""Where a finding about the change as a whole is put: a result without a file is refused by code scanning."""
_LEVEL = {Severity.BLOCK: "error", Severity.REVIEW: "warning", Severity.NOTE: "note"}


def render(verdict: Verdict, rules: Iterable[Rule] = ()) -> str:
    """The whole log, worst first. `rules` give the help texts; a rule that is not among them speaks by its findings.

    A log that a forge would refuse for its size has shorter texts, and then fewer results, and says how many.
    """
    known = {rule.id: rule for rule in rules}
    text = ""
    for results, characters in ROOM:
        text = json.dumps(_log(verdict, known, min(results, MOST_RESULTS), characters), indent=2) + "\n"
        if len(text) <= MOST_BYTES:  # JSON in ASCII: a letter is a byte
            break
    return text


def _log(verdict: Verdict, known: Mapping[str, Rule], results: int, characters: int) -> dict[str, Any]:
    findings = verdict.findings[:results]
    ids = sorted({finding.rule for finding in findings})
    places = {rule: place for place, rule in enumerate(ids)}
    first = {finding.rule: finding for finding in reversed(findings)}
    descriptors = [_known_rule(known[i]) if i in known else _unknown_rule(first[i], characters) for i in ids]
    run = {
        "tool": {"driver": _driver(verdict, descriptors)},
        "automationDetails": {"id": f"guardrails/{printable(verdict.profile)}/"},
        "invocations": [_invocation(verdict, len(findings))],
        "results": [
            _result(finding, places[finding.rule], name, characters)
            for finding, name in zip(findings, fingerprints(findings), strict=True)
        ],
        "properties": _properties(verdict),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(verdict: Verdict, descriptors: list[dict[str, Any]]) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "guardrails", "rules": descriptors}
    if verdict.version.strip():
        driver["version"] = printable(verdict.version)
    return driver


def _known_rule(rule: Rule) -> dict[str, Any]:
    examples = [f"{label}:\n{text}" for label, text in (("Bad", rule.bad), ("Good", rule.good)) if text]
    limits = [f"What it does not see: {rule.limits}"] if rule.limits else []
    text = "\n\n".join([rule.why, f"Fix: {rule.fix}", *examples, *limits])
    return _descriptor(rule.id, rule.title, rule.why, text, rule.severity)


def _unknown_rule(finding: Finding, characters: int) -> dict[str, Any]:
    text = shorten(f"{finding.why}\n\nFix: {finding.fix}", characters)
    return _descriptor(finding.rule, finding.rule, finding.why or finding.rule, text, finding.severity)


def _descriptor(rule: str, title: str, why: str, text: str, severity: Severity) -> dict[str, Any]:
    return {
        "id": printable(rule),
        "name": _pascal(rule),
        "shortDescription": {"text": printable(shorten(title, 900)).strip() or "-"},
        "fullDescription": {"text": printable(shorten(why, 900)).strip() or "-"},
        "help": {"text": printable_block(text, 200, 8000) or "-"},
        "defaultConfiguration": {"level": _LEVEL[severity]},
        "properties": {"tags": [printable(rule.partition("/")[0])]},
    }


def _pascal(rule: str) -> str:
    """`tests/base-test-fails` as `TestsBaseTestFails`, the form of a name that the standard asks for."""
    parts = "".join(c if c.isalnum() else " " for c in printable(rule)).split()
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Rule"


def _result(finding: Finding, index: int, name: str, characters: int) -> dict[str, Any]:
    why = f"\n\nWhy: {finding.why}" if finding.why else ""
    fix = f"\n\nFix: {finding.fix}" if finding.fix else ""
    return {
        "ruleId": printable(finding.rule),
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": _message(f"{finding.what}{why}{fix}", characters),
        "locations": [_location(finding)],
        # GitHub matches alerts by the first key alone and makes it from the lines around if it is absent.
        "partialFingerprints": {"primaryLocationLineHash": name, "guardrailsFinding/v1": name},
        "properties": {
            "severity": finding.severity.value,
            "reproduce": printable_block(finding.reproduce, 40, characters),
        },
    }


def _message(text: str, characters: int = 4000) -> dict[str, str]:
    """A message of plain text.

    The standard (sections 3.11.5 and 3.11.6) reads `[text](target)` as a link and `{0}` as a placeholder: brackets are
    escaped, braces doubled.
    """
    text = printable_block(text, 60, characters)
    for character in "\\[]":
        text = text.replace(character, f"\\{character}")
    return {"text": text.replace("{", "{{").replace("}", "}}") or "-"}


def _location(finding: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path or WHOLE_CHANGE), "uriBaseId": "%SRCROOT%"}}
    place["region"] = {"startLine": max(finding.line or 1, 1)}
    location: dict[str, Any] = {"physicalLocation": place}
    if not finding.path:
        location["message"] = {"text": "This is about the change as a whole."}
    return location


def _uri(path: str) -> str:
    """A relative reference inside the repository; bytes of a path that are not UTF-8 keep their value."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "surrogatepass")
    outside = b".." in raw.split(b"/")  # no path of git's, but a file may say so
    return (not outside and quote(raw.lstrip(b"/"), safe="/")) or WHOLE_CHANGE


def _invocation(verdict: Verdict, shown: int) -> dict[str, Any]:
    notes = [_notification(result) for result in words.not_checked(verdict)]
    if verdict.error:
        notes.insert(0, {"level": "error", "message": _message(verdict.error)})
    left = len(verdict.findings) - shown
    if left > 0:
        text = f"{words.counted(left, 'findings')} left out; verdict.json has all."
        notes.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": verdict.kind is not VerdictKind.ERROR,
        "exitCode": verdict.exit_code,
        "toolExecutionNotifications": notes,
    }


def _notification(result: GateResult) -> dict[str, Any]:
    broken = result.status is GateStatus.ERROR or result.skip is None
    text = f"{result.name}: {words.not_checked_because(result)}"
    return {"level": "error" if broken else "note", "message": _message(text)}


def _properties(verdict: Verdict) -> Mapping[str, Any]:
    found: dict[str, Any] = {"verdict": verdict.kind.value, "policyDigest": printable(verdict.policy_digest)}
    for name, side in words.sides(verdict):
        found[name] = printable(side.label)
    return found
