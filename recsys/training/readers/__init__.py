"""Formats that a dataset can be read from, one file each."""
