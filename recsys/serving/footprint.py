"""What a process holds on to: memory that loading has freed goes back to the system."""

import ctypes
import gc


def settle() -> None:
    """Take what is loaded out of the garbage collector's rounds, since it lives as long as we do, and return the rest.

    Building the search index and checking a model leave tens of megabytes of free memory in the C library, in every
    worker. Where the C library has no `malloc_trim` (other than glibc), they stay.
    """
    gc.unfreeze()  # what was served before may go
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
