"""Arduino Cloud for MicroPython and CPython: a drop-in for the official client.

A public name is looked up, and its module imported, when a program first uses it: see `names`.
"""

__version__ = "1.0.0"


def __getattr__(name):
    from .names import find

    return find(name)
