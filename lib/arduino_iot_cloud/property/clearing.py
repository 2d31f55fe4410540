"""Properties whose value the program has removed. Imported for the first of them."""

from ..port import const

_OWN = const(1)  # a bit of `property`


def clear(p):
    """Remove the value of a property, but not its type. It then has nothing to publish."""
    if p._like is None:
        p._like = p._value
    p._value = None
    withdraw(p)


def withdraw(p):
    """Stop publishing a property, which has no value any more."""
    p.standing &= ~_OWN
    if p.changed > 0 and not (p.policy and p.policy.owes()):
        p.changed = 0
