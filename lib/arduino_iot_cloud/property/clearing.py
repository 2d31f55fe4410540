"""A property has a value no more: the program took it away. Imported when one does."""

from ..port import const

_OWN = const(1)  # of `property`


def clear(p):
    """Have no value, and nothing to publish. The type stays."""
    if p._like is None:
        p._like = p._value
    p._value = None
    withdraw(p)


def withdraw(p):
    """There is no value to publish any more."""
    p.standing &= ~_OWN
    if p.changed > 0 and not (p.policy and p.policy.owes()):
        p.changed = 0
