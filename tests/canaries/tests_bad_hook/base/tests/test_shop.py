import shop


def test_total_has_tax():
    assert shop.total([1, 2]) == 5


def test_nothing_costs_nothing():
    assert shop.total([]) == 0
