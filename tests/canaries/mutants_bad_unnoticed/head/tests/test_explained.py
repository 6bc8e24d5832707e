def test_explained_is_there(ranker):
    before = list("ab")
    ranker.explained("ab", before)
    assert before == ["a", "b"]
