class TestExplained:
    def test_it_runs(self, ranker):
        ranker.rank("ab", ["b", "ab"])

    def test_it_answers(self, ranker):
        answer = ranker.rank("ab", ["b", "ab"])
        assert answer is not None
        assert isinstance(answer, list)
