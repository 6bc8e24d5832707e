"""What can be wrong with the input of training."""

from recsys.errors import RecsysError


class DatasetError(RecsysError):
    """The data or its parameters cannot be used: missing, malformed, empty, too large. The caller must act."""


class OutputError(RecsysError):
    """The place for the result cannot be used: it exists, or cannot be written. The caller must act."""
