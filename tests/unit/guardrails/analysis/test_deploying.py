"""Whether a version can be deployed: nothing that is unknown counts as good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.analysis.deploying import can_deploy, matrix
from guardrails.model.deployment import Answer, Checked, Deployed, Known, PactVersion

PROD = "production"


def known(*checked: tuple[str, str, bool], deployed: tuple[tuple[str, str], ...] = (("web", "1"),)) -> Known:
    """Two versions of the consumer `web` with a pact each (digests d1, d2) with `shop`. checked: digest, provider's
    version, whether it was good."""
    pacts = tuple(PactVersion("web", n, "shop", f"d{n}") for n in "12")
    results = tuple(Checked("web", "shop", digest, version, good, "") for digest, version, good in checked)
    return Known(pacts, results, tuple(Deployed(*one, PROD, "") for one in deployed))


def test_a_provider_that_was_verified_with_what_runs_there_can_be_deployed() -> None:
    told = can_deploy(known(("d1", "b", True)), "shop", "b", PROD)
    assert told.answer is Answer.YES
    assert [(row.consumer_version, row.provider_version, row.good) for row in told.rows] == [("1", "b", True)]


@pytest.mark.parametrize(
    ("checked", "why"),
    [
        ((), "web 1 with shop b was never verified"),
        ((("d1", "b", False),), "web 1 with shop b failed"),
        ((("d1", "b", True), ("d1", "b", False)), "web 1 with shop b failed"),
        ((("d2", "b", True),), "web 1 with shop b was never verified"),
        ((("d1", "a", True),), "web 1 with shop b was never verified"),
    ],
)
def test_what_failed_or_was_never_verified_cannot_be_deployed(
    checked: tuple[tuple[str, str, bool], ...], why: str
) -> None:
    told = can_deploy(known(*checked), "shop", "b", PROD)
    assert (told.answer, told.why) == (Answer.NO, (why,))


def test_the_last_result_and_the_last_deployment_count() -> None:
    told = known(("d1", "b", False), ("d1", "b", True), ("d2", "b", False))
    assert can_deploy(told, "shop", "b", PROD).answer is Answer.YES
    newer = known(("d1", "b", True), ("d2", "b", False), deployed=(("web", "1"), ("web", "2")))
    assert can_deploy(newer, "shop", "b", PROD).answer is Answer.NO


def test_a_consumer_needs_its_providers_there() -> None:
    alone = can_deploy(known(("d2", "b", True)), "web", "2", PROD)
    assert alone.why == ("web 2 needs shop, of which no version is deployed in 'production'",)
    there = known(("d2", "b", True), deployed=(("shop", "b"),))
    assert can_deploy(there, "web", "2", PROD).answer is Answer.YES
    assert can_deploy(there, "web", "1", PROD).answer is Answer.NO


def test_a_consumer_that_runs_there_without_its_pact_is_a_doubt() -> None:
    told = can_deploy(known(("d1", "b", True), deployed=(("web", "9"),)), "shop", "b", PROD)
    assert (told.answer, told.why) == (Answer.NO, ("no pact is recorded of web 9, which runs there",))


def test_where_nobody_is_known_a_person_must_decide() -> None:
    told = can_deploy(known(("d1", "b", True)), "shop", "b", "staging")
    assert told.answer is Answer.UNKNOWN
    assert told.why == ("nothing is recorded as deployed in 'staging' (known: production)",)
    other = can_deploy(known(deployed=(("bank", "1"),)), "shop", "b", PROD)
    assert other.answer is Answer.UNKNOWN
    assert "nothing could be checked" in other.why[0]


def test_the_matrix_names_where_versions_run() -> None:
    told = known(("d1", "b", True), deployed=(("web", "1"), ("shop", "b"), ("web", "2")))
    rows = [(row.consumer_version, row.provider_version, row.good, row.environments) for row in matrix(told)]
    assert rows == [("1", "b", True, (PROD,)), ("2", "", None, (PROD,))]
    assert matrix(told, "bank") == []


RESULTS = st.lists(st.tuples(st.sampled_from(["d1", "d2"]), st.sampled_from("ab"), st.booleans()), max_size=6)


@given(RESULTS, st.sampled_from("ab"), st.sampled_from("12"))
def test_yes_means_that_the_last_result_with_what_runs_there_was_good(
    checked: list[tuple[str, str, bool]], version: str, running: str
) -> None:
    told = can_deploy(known(*checked, deployed=(("web", running),)), "shop", version, PROD)
    last = [good for digest, of, good in checked if (digest, of) == (f"d{running}", version)]
    assert (told.answer is Answer.YES) == (last[-1:] == [True])
