"""Published models as directories: a manifest and plain arrays that can be memory-mapped."""
