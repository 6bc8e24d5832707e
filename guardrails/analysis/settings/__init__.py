"""Configuration by meaning: for each setting that matters, whether a change makes its checker looser or stricter."""
