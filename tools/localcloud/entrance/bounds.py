"""How many connections this process may have, from the number of files that the system lets it open."""

import resource
from contextlib import suppress
from dataclasses import dataclass

_HIGHEST = 1 << 20
_RESERVE = 256
"""Descriptors for files, the database, the broker's connections and whatever the packages open."""
_MOST_WAITING = 2000


def raise_descriptor_limit() -> int:
    """Raise the limit of open files as far as the system lets this process, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = _HIGHEST if hard == resource.RLIM_INFINITY else min(hard, _HIGHEST)
    # macOS says that there is no limit, but has one.
    for limit in (highest, 65536, 10240, 4096):
        if soft != resource.RLIM_INFINITY and soft < limit <= highest:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                break
    return descriptor_limit()


def descriptor_limit() -> int:
    """Return how many files this process may have open."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _HIGHEST if soft == resource.RLIM_INFINITY else min(soft, _HIGHEST)


@dataclass(frozen=True)
class Bounds:
    """The most connections at the same time."""

    waiting: int
    """Before a log-in, in all."""
    waiting_by_address: int
    """Before a log-in, from one address."""
    inside: int
    """After a log-in."""

    @classmethod
    def of(cls, descriptors: int) -> "Bounds":
        """Return the bounds for a process that may open so many files."""
        free = max(descriptors - min(_RESERVE, descriptors // 4), 8)
        waiting = min(free // 2, _MOST_WAITING)
        return cls(waiting, waiting * 3 // 4, free - waiting)
