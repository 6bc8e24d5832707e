"""Requests and answers of a service as values: what was asked, what was answered, and how two answers differ."""
