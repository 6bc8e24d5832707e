"""A shop that adds a tax of one to each price."""


def total(prices):
    return sum(prices) + len(prices)
