"""One row of numbers per candidate, made by the same code for serving and for training."""
