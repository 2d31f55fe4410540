"""How long values are kept: what `serve --keep` and `--thin` say, and the tags of a thing.

A thing's tag `local-cloud-keep` is for all of its variables, `local-cloud-keep.NAME` for the variable with this name on
the wire; `local-cloud-thin` likewise. They go before what the cloud was started with.
"""

import re
from dataclasses import dataclass
from typing import Mapping

KEEP_TAG = "local-cloud-keep"
THIN_TAG = "local-cloud-thin"
FOREVER = "forever"
"""The value of both tags with which nothing is removed."""
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_HOUR_US = 3600 * 1_000_000
_TIME = re.compile(r"([1-9][0-9]{0,4})([mhdwy])")
_LONGEST_US = 200 * 365 * 24 * _HOUR_US


class BadTime(ValueError):
    """A text does not say how long values are kept. `str()` says what was expected and what was given."""


@dataclass(frozen=True)
class Thinning:
    """Values older than `after_us` are reduced to one for each interval."""

    after_us: int
    interval_us: int


@dataclass(frozen=True)
class Keeping:
    """How long a variable's values are kept (None: for ever), and when they are thinned (None: never)."""

    keep_us: int | None = None
    thinning: Thinning | None = None


FOR_EVER = Keeping()


def keep_of(text: str) -> int | None:
    """Return the microseconds that a text such as 90d means, None for `forever`. Raises `BadTime`."""
    if text == FOREVER:
        return None
    time = _us(text)
    if time is None or time < _HOUR_US:
        raise BadTime("expected a time of at least 1h such as 36h, 90d, 12w or 1y, or forever, got %r" % text[:64])
    return time


def thinning_of(text: str) -> Thinning | None:
    """Return what a text such as 1m-after-7d means, None for `forever`. Raises `BadTime`."""
    if text == FOREVER:
        return None
    interval, _, after = text.partition("-after-")
    width, age = _us(interval), _us(after)
    if width is None or age is None or width > _HOUR_US or age < _HOUR_US:
        raise BadTime(
            "expected an interval from 1m to 1h and an age of at least 1h such as 1m-after-7d, or forever, got %r"
            % text[:64]
        )
    return Thinning(age, width)


def check_tag(key: str, value: str) -> None:
    """Check a tag that says how long values are kept, or do nothing if it is another one. Raises `BadTime`."""
    kind = key.partition(".")[0]
    try:
        if kind == KEEP_TAG:
            keep_of(value)
        elif kind == THIN_TAG:
            thinning_of(value)
    except BadTime as error:
        raise BadTime("%s: %s" % (key, error)) from None


def of_variable(tags: Mapping[str, str] | None, variable_name: str, usual: Keeping) -> Keeping:
    """Return how long the variable's values are kept. A tag that makes no sense removes nothing."""
    if not tags:
        return usual
    keep = tags.get("%s.%s" % (KEEP_TAG, variable_name)) or tags.get(KEEP_TAG)
    thin = tags.get("%s.%s" % (THIN_TAG, variable_name)) or tags.get(THIN_TAG)
    try:
        return Keeping(
            usual.keep_us if keep is None else keep_of(keep),
            usual.thinning if thin is None else thinning_of(thin),
        )
    except BadTime:
        return Keeping()


def _us(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    time = int(found.group(1)) * _SECONDS[found.group(2)] * 1_000_000 if found else None
    return None if time is None or time > _LONGEST_US else time
