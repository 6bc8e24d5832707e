"""Who may let a finding stand, and who may not."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.adapters.sshsig import SshSignatures
from guardrails.analysis.approvals import Terms, settle, with_deciders
from guardrails.analysis.owners import parse
from guardrails.analysis.signers import key_of, people_of, principals_of
from guardrails.model.approval import Offered, Signed, offered, text_of, written
from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult, GateStatus, VerdictKind, errored, verdict
from tests.approval_samples import BASE_TREE, HEAD_TREE, NOW, Person, approval, edited, person, signed
from tests.verdict_samples import finding, gate, unselected

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: install openssh-client")

PROTECTED = finding("pyproject.toml is protected", rule="scope/protected-path", severity=Severity.REVIEW, line=None)
OTHER = finding("ruff no longer selects B", rule="tampering/config-looser", severity=Severity.REVIEW)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    directory = tmp_path_factory.mktemp("keys")
    return {name: person(directory, f"{name}@example.org") for name in ("ann", "bob", "bot")}


def terms(people: dict[str, Person], *lines: str, **changes: object) -> Terms:
    signers = "".join(lines) or people["ann"].line + people["bot"].line
    given = Terms(BASE_TREE, HEAD_TREE, signers, frozenset({"bot@example.org"}), 14, NOW)
    return replace(given, **changes)  # type: ignore[arg-type]


def settled(files: Iterable[Offered], given: Terms, *found: Finding) -> tuple[GateResult, ...]:
    return settle([gate("scope", *(found or (PROTECTED,))), unselected("load")], files, given, SshSignatures())


def rules(results: Iterable[GateResult]) -> list[tuple[str, str]]:
    return [(f.rule, f.severity.value) for r in results if r.name == "approvals" for f in r.findings]


def test_what_a_person_approves_is_a_note_that_says_who_and_why(people: dict[str, Person]) -> None:
    results = settled([signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)], terms(people))
    assert verdict(results) is VerdictKind.PASS
    (note,) = results[0].findings
    assert (note.severity, results[0].status) == (Severity.NOTE, GateStatus.PASSED)
    assert note.why == (
        "Approved by ann@example.org on 2026-05-31, until 2026-06-07: The owner of the file asked for it."
    )
    assert fingerprint(note) == fingerprint(PROTECTED)
    assert results[-1].notes == ("1 of 1 findings that asked for a person are approved.",)


def test_what_is_not_approved_still_asks_for_a_person(people: dict[str, Person]) -> None:
    file = signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)
    results = settled([file], terms(people), PROTECTED, OTHER)
    assert verdict(results) is VerdictKind.REVIEW
    assert results[0].status is GateStatus.FAILED
    assert [f.severity for f in results[0].findings] == [Severity.REVIEW, Severity.NOTE]


def test_what_blocks_cannot_be_approved_away(people: dict[str, Person]) -> None:
    wrong = replace(PROTECTED, severity=Severity.BLOCK)
    file = signed(approval(wrong, "ann@example.org"), people["ann"].key)
    assert verdict(settled([file], terms(people), wrong)) is VerdictKind.BLOCK
    # The name of the blocking one is that of the other: only the latter is touched.
    results = settled([file], terms(people), wrong, PROTECTED)
    assert [f.severity for f in results[0].findings] == [Severity.BLOCK, Severity.NOTE]


@pytest.mark.parametrize(
    "changes", [{"reason": "other"}, {"by": "bot@example.org"}, {"expires": "2030-01-01T00:00:00Z"}]
)
def test_an_edited_approval_is_forged(changes: dict[str, str], people: dict[str, Person]) -> None:
    file = edited(signed(approval(PROTECTED, "ann@example.org"), people["ann"].key), **changes)
    results = settled([file], terms(people))
    assert rules(results) == [("approvals/forged", "block")]
    assert verdict(results) is VerdictKind.BLOCK


def test_a_signature_for_something_else_is_no_approval(people: dict[str, Person]) -> None:
    asked = approval(PROTECTED, "ann@example.org")
    assert rules(settled([signed(asked, people["ann"].key, "git")], terms(people))) == [("approvals/forged", "block")]
    nothing = Offered("a.json", Signed(approval=text_of(asked), signature="none"))
    assert rules(settled([nothing], terms(people))) == [("approvals/forged", "block")]


def test_an_agents_key_cannot_approve_under_any_name(people: dict[str, Person]) -> None:
    bot, ann = people["bot"], people["ann"]
    alias = bot.line.replace("bot@example.org", "ann@example.org")
    for lines in ((ann.line, bot.line), (ann.line, alias, bot.line), (ann.line, bot.line, alias)):
        for name in ("bot@example.org", "ann@example.org"):
            results = settled([signed(approval(PROTECTED, name), bot.key)], terms(people, *lines))
            assert rules(results) == [("approvals/agent", "block")]


def test_somebody_whom_the_base_does_not_name_cannot_approve(people: dict[str, Person]) -> None:
    by_bob = signed(approval(PROTECTED, "bob@example.org"), people["bob"].key)
    as_ann = signed(approval(PROTECTED, "ann@example.org"), people["bob"].key)
    wild = people["bob"].line.replace("bob@", "*@")
    for file, lines in ((by_bob, ()), (as_ann, ()), (by_bob, (wild,)), (by_bob, ("#" + people["bob"].line,))):
        results = settled([file], terms(people, *lines))
        assert rules(results) == [("approvals/foreign", "review")]
        assert verdict(results) is VerdictKind.REVIEW


def test_the_options_of_an_allowed_signer_hold(people: dict[str, Person]) -> None:
    ann = people["ann"].line
    file = signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)
    for option, fine in (
        ('namespaces="git"', False),
        ('namespaces="git,guardrails-approval"', True),
        ('valid-before="20200101"', False),
    ):
        line = ann.replace(" ", f" {option} ", 1)
        assert (verdict(settled([file], terms(people, line))) is VerdictKind.PASS) == fine


def test_an_approval_expires_by_its_own_date_and_by_the_policy(people: dict[str, Person]) -> None:
    file = signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)
    for late in (terms(people, now=NOW + timedelta(days=6)), terms(people, expires_days=1)):
        results = settled([file], late)
        assert rules(results) == [("approvals/expired", "note")]
        assert verdict(results) is VerdictKind.REVIEW
    early = terms(people, now=NOW - timedelta(days=2))
    assert rules(settled([file], early)) == [("approvals/expired", "note")]


def test_it_is_void_when_the_change_or_the_base_moves(people: dict[str, Person]) -> None:
    file = signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)
    for moved in (terms(people, head="c" * 40), terms(people, base="c" * 40)):
        results = settled([file], moved)
        assert rules(results) == [("approvals/moved", "note")]
        assert verdict(results) is VerdictKind.REVIEW


def test_approvals_of_other_things_bother_nobody(people: dict[str, Person]) -> None:
    other = signed(approval(OTHER, "bob@example.org"), people["bob"].key)
    junk = [offered("x.json", content) for content in (b"", b"{}", b"\xff", b'{"approval": "{}", "signature": ""}')]
    strange = approval(PROTECTED, "ann@example.org", made="yesterday")
    future = approval(PROTECTED, "ann@example.org", schema=2)
    odd = [Offered("y.json", Signed(approval=text_of(one), signature="")) for one in (strange, future)]
    before = [gate("scope", PROTECTED), unselected("load")]
    assert settle(before, [other, *junk, *odd], terms(people), SshSignatures()) == tuple(before)


class Yes:
    """Signatures that are all good."""

    def is_intact(self, text: str, signature: str, namespace: str) -> bool:
        return True

    def is_by(self, text: str, signature: str, namespace: str, *, principal: str, signers: str) -> bool:
        return True


severities = st.sampled_from(Severity)
found_lists = st.lists(
    st.builds(lambda what, severity: finding(what, severity=severity), st.sampled_from("abc"), severities), max_size=4
)


@given(found_lists, st.lists(st.sampled_from("abc"), max_size=3), st.sampled_from("abc"), severities, st.booleans())
def test_the_laws_of_the_verdict_hold_with_approvals(
    found: list[Finding], approved: list[str], more: str, severity: Severity, broken: bool
) -> None:
    line = "ann ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    files = [
        Offered("a", Signed(approval=text_of(approval(finding(what), "ann")), signature=SIGNATURE)) for what in approved
    ]
    given_terms = Terms(BASE_TREE, HEAD_TREE, line, frozenset(), 14, NOW)
    rest = [errored("types", "crashed")] if broken else []

    def after(findings: list[Finding]) -> VerdictKind:
        return verdict(settle([gate("scope", *findings), *rest], files, given_terms, Yes()))

    def before(findings: list[Finding]) -> VerdictKind:
        return verdict([gate("scope", *findings), *rest])

    assert after([finding("a", severity=Severity.REVIEW)]) is VerdictKind.PASS or "a" not in approved or broken
    assert after([*found, finding(more, severity=severity)]).rank >= after(found).rank
    if before(found) in (VerdictKind.BLOCK, VerdictKind.ERROR, VerdictKind.PASS):
        assert after(found) is before(found)


SIGNATURE = (
    "-----BEGIN SSH SIGNATURE-----\n"
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    "-----END SSH SIGNATURE-----\n"
)


def test_the_key_of_a_signature_and_every_name_of_it(people: dict[str, Person]) -> None:
    file = signed(approval(PROTECTED, "ann@example.org"), people["ann"].key)
    assert file.signed is not None
    ann = people["ann"].line
    twice = (
        f"# {ann}{ann}\n"
        + ann.replace("ann@example.org", '"second,third"')
        + people["bob"].line
        + "broken\n x ssh-ed25519\n"
    )
    assert principals_of(file.signed.signature, twice) == {"ann@example.org", "second", "third"}
    assert people_of(twice, frozenset()) == ("ann@example.org", "second", "third", "bob@example.org")
    assert people_of(twice + people["bob"].line.replace("bob@", "bot@"), frozenset({"bot@example.org"})) == (
        "ann@example.org",
        "second",
        "third",
    ), "a person with an agent's key is no person"
    assert people_of("* " + ann.partition(" ")[2], frozenset()) == ()
    assert key_of(SIGNATURE) is not None
    for text in (
        "",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        SIGNATURE.replace("U1NI", "V1NI"),
    ):
        assert key_of(text) is None


def test_owners_are_those_of_the_last_line_that_matches() -> None:
    owners = parse(
        "# who\n* @org/all\n/guardrails/ @org/gate ann@example.org # people\n*.lock @org/deps\ndocs/* @org/docs\n"
        "/guardrails/report/\n[Section]\nshop/a\\ b.py @ann\n"
    )
    assert owners.of("recsys/a.py") == ("@org/all",)
    assert owners.of("guardrails/model/a.py") == ("@org/gate", "ann@example.org")
    assert owners.of("deep/down/uv.lock") == ("@org/deps",)
    assert owners.of("docs/a.md") == ("@org/docs",)
    assert owners.of("docs/deep/a.md") == ("@org/all",)
    assert owners.of("guardrails/report/a.py") == ()
    assert owners.of("shop/a b.py") == ("@ann",)
    (result,) = with_deciders([gate("scope", PROTECTED, finding())], owners)
    assert {f.severity: f.deciders for f in result.findings} == {Severity.REVIEW: ("@org/all",), Severity.BLOCK: ()}


def test_a_moment_is_written_as_it_is_read() -> None:
    assert written(NOW) == "2026-06-01T12:00:00Z"
