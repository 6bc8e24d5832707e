"""Ranking."""


class Ranker:
    """Ranks items for a user, at most `limit` of them."""

    def __init__(self, limit):
        self.limit = limit

    def rank(self, user, items):
        """The items with the most in common with the user first."""
        ordered = sorted(items, key=lambda item: (-len(set(user) & set(item)), item))
        return ordered[: self.limit]

    def explained(self, user, items, least=1):
        """The ranked items that have at least `least` in common with the user, each with how much."""
        found = [(item, len(set(user) & set(item))) for item in self.rank(user, items)]
        return [(item, common) for item, common in found if common >= least]
