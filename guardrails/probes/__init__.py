"""Planted violations, one file for each gate: what a gate must catch to show that it is alive."""
