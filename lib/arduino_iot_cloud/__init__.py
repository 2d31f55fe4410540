"""Arduino Cloud for MicroPython and CPython: a drop-in for the official client.

The public names are found, and their modules imported, when they are first used: see `names`.
"""

__version__ = "1.0.0"


def __getattr__(name):
    from .names import find

    return find(name)
