"""Credentials: which of the values that look like one are made up, and which files and comments stand for some."""
