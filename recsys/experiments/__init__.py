"""Experiments: what runs, who is in which arm, who has seen it, and whether it made a difference."""
