"""What a process holds on to, and what it shares with the others."""

import ctypes
import gc


def settle(*, shared: bool = False) -> None:
    """Take what is loaded out of the garbage collector's rounds, since it lives as long as we do, and return the rest.

    Building the search index and checking a model leave tens of megabytes of free memory in the C library. Where the C
    library has no `malloc_trim` (other than glibc), they stay. shared: it was loaded before a fork; a collection would
    write to the pages that the processes share, and so copy them.
    """
    if not shared:
        gc.unfreeze()  # what was served before may go
        gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
