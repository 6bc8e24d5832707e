class TestRank:
    def test_the_nearest_comes_first(self, ranker):
        assert ranker.rank("ab", ["zz", "ab"]) == ["ab", "zz"]
