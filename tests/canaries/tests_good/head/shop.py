"""A shop that adds a tax of one to each price."""


def total(prices):
    return sum(price + 1 for price in prices)
