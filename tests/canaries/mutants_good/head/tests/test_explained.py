import pytest
from shop.rank import checked


class TestExplained:
    @pytest.mark.parametrize(("least", "items"), [(1, [("ab", 2), ("b", 1)]), (2, [("ab", 2)]), (3, [])])
    def test_what_has_less_in_common_is_left_out(self, ranker, least, items):
        assert ranker.explained("ab", ["b", "zz", "ab"], least) == items

    def test_the_same_question_gets_the_same_answer(self, ranker):
        assert ranker.explained("ab", ["ab", "b"]) == ranker.explained("ab", ["ab", "b"])


def test_a_limit_of_one_is_served():
    assert checked(1) == 1


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="limit is 0"):
        checked(0)
