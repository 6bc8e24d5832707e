import pytest

from guardrails.invariants.stages import STAGES, of_stage
from guardrails.invariants.suite import ALL


def test_every_relation_is_of_a_stage_and_every_id_is_one() -> None:
    assert {one for ids in STAGES.values() for one in ids} == {relation.id for relation in ALL}


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("diversity", "artist-cap"),
        ("filter", "hard-policy"),
        ("the retrieval stage", "source-order"),
        ("Scorers", "finite"),
        ("reranking/explore.py", "artist-cap"),
        ("paging", "paging"),
    ],
)
def test_a_stage_is_known_by_its_words(asked: str, first: str) -> None:
    assert of_stage(asked.replace("/", " ").replace(".", " ").split())[0] == first


def test_other_words_name_no_stage() -> None:
    assert of_stage(["coffee", "the", "a", ""]) == ()
