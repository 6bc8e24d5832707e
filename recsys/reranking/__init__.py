"""From scored candidates to an ordered slate: filters, the reserve, diversity, exploration."""
