"""A tiny recommender."""
