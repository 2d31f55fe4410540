"""Tell the late samples of a connection, which a device took before it, from its live values. Sans-IO.

No clock is trusted. A device that was away sends its samples right after the connection, without a gap, and their
times advance faster than they arrive, until they have caught up with the present. A live value's time is that of its
arrival, or differs from it by the error of the device's clock, which stays the same.
"""

from dataclasses import dataclass
from enum import Enum

GAP_S = 10.0
"""A replay has ended once this long no sample has come closer to the present than those before."""
_ERROR_S = 2.0
"""Times are in whole seconds, and take a while to arrive."""
_MAX_VARIABLES = 500


class Place(Enum):
    """The place of a value in its variable's order."""

    LIVE = "live"
    """It becomes the last value."""
    LATE = "late"
    """It becomes the last value unless the cloud took one from somebody else since it last heard from the device."""
    OLD = "old"
    """The device has sent a newer value before. It belongs to the history alone."""
    DATED = "dated"
    """It becomes the last value unless that is newer by its own time."""


@dataclass
class _Course:
    """What a device has sent for one variable in this connection."""

    ahead: float | None = None
    """How far the newest sample's time is ahead of the time of arrival, by a clock that only counts."""
    newest: float | None = None
    """The time of the newest late sample."""
    is_live: bool = False


class Lateness:
    """One device's connection, or the part of it since the device was attached to its thing.

    `ticks` are seconds of a clock that only counts; `now` is the host's clock in Unix seconds.
    """

    def __init__(self, ticks: float, *, begins_with_question: bool = False) -> None:
        """With `begins_with_question` the connection itself is not seen, but what the device asks at its beginning."""
        self._began = self._caught_up = ticks
        self._begins_with_question = begins_with_question
        self._courses: dict[str, _Course] = {}

    def asked(self, ticks: float) -> None:
        """Note that the device has just asked for its thing or its last values, which a replay follows."""
        self._caught_up = ticks
        if self._begins_with_question:
            self._began = ticks
            self._courses.clear()

    def is_over(self, ticks: float) -> bool:
        """Return whether a replay, if there was one, has ended."""
        return ticks - self._caught_up >= GAP_S

    def place(self, name: str, time: float | None, now: float, ticks: float) -> Place:
        """Return the place of a variable's value that has just arrived, with the device's time if it has one."""
        course = self._courses.get(name)
        if course is None:
            course = _Course()
            if len(self._courses) < _MAX_VARIABLES:
                self._courses[name] = course
        if time is None:
            course.is_live = True
            return Place.LIVE
        ahead = time - ticks
        nearer = course.ahead is None or ahead > course.ahead + _ERROR_S
        late = not self.is_over(ticks) and not self._is_since_the_beginning(time, now, ticks)
        course.ahead = ahead if course.ahead is None else max(course.ahead, ahead)
        if not late:
            course.is_live = True
            return Place.LIVE
        if nearer:
            self._caught_up = ticks
        if course.is_live or course.newest is not None and time < course.newest:
            return Place.OLD
        course.newest = time
        return Place.LATE

    def _is_since_the_beginning(self, time: float, now: float, ticks: float) -> bool:
        # Counted back from now, the beginning is right even if the host's clock has been set since.
        return now - (ticks - self._began) <= time <= now + _ERROR_S
