"""Measure the heap in use, for all heap figures."""

import gc


def used():
    """Return the bytes of heap in use after a collection."""
    for _ in range(4):
        gc.collect()
    return gc.mem_alloc()
