"""The gates, one file each: `base` says what a gate is, `registry` which there are, in order of cost."""
