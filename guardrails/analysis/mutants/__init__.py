"""Mutants of the product, from source alone: what a change made, and small faults to put there."""
