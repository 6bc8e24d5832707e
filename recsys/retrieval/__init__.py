"""Candidate sources, one file each, and their merge. Retrieval alone adds items."""
