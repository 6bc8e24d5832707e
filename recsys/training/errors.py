"""What can be wrong with the input of training."""

from recsys.errors import RecsysError


class DatasetError(RecsysError):
    """The data or its parameters cannot be used: missing, malformed, empty, out of range. The caller must act."""
