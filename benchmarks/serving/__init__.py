"""The serving benchmark: our service against a default stack with the same model, candidates and answers."""
