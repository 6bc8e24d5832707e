"""Tests as oracles: what they check, and whether a change makes them check less. All by syntax; nothing is run."""
