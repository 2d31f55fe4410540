"""Log lines that peers can cause as often as they like: a few of them each minute, and the number of the others."""

import logging
import time
from typing import Callable

_MINUTE = 60


class FewLines:
    """Logs one kind of line at most `most` times a minute. The next line says how many were left out."""

    def __init__(self, log: logging.Logger, most: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._most = most
        self._clock = clock
        self._since = clock()
        self._lines = 0

    def line(self, level: int, text: str, *arguments: object) -> bool:
        """Log a line, unless there were enough of them in this minute. Return whether it was logged."""
        if not self._log.isEnabledFor(level):
            return False
        now = self._clock()
        if now - self._since >= _MINUTE:
            left_out = self._lines - self._most
            self._since, self._lines = now, 0
            if left_out > 0:
                self._log.log(level, "%d lines like the next one were left out", left_out)
        self._lines += 1
        if self._lines <= self._most:
            self._log.log(level, text, *arguments)
        return self._lines <= self._most
