"""Values that every stage speaks of: tracks, requests, users, candidates, slates, the model. Depends on numpy only."""
