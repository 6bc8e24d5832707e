"""Values that the whole judge shares. Nothing here reads a clock, a disk or a network."""
