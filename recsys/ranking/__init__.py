"""Scorers: feature rows to quantised scores. Each is pure and batch-invariant."""
