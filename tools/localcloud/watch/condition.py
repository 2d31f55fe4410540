"""The condition of a running cloud: counts of what has happened, and warnings for its operator."""

import logging
import time
from collections import Counter
from typing import Callable

from ..traffic.live import Live

log = logging.getLogger(__name__)
_AGAIN_S = 24 * 3600


class Condition:
    """Counts and warnings, as the status shows them. A warning is also logged, once a day while it lasts."""

    def __init__(self, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[str] = Counter()
        """How often something has happened since the start, by its name."""
        self._live = live
        self._clock = clock
        self._warnings: dict[str, str] = {}
        self._logged: dict[str, tuple[str, float]] = {}

    @property
    def warnings(self) -> list[str]:
        """The sentences that the operator should read now, in the order in which they began."""
        return list(self._warnings.values())

    def warn(self, name: str, text: str) -> None:
        """Show a warning until `clear(name)`. A second one of this name replaces the first."""
        before, at = self._logged.get(name, ("", 0.0))
        if before != text or self._clock() - at >= _AGAIN_S:
            self._logged[name] = text, self._clock()
            log.warning("%s", text)
        if self._warnings.get(name) != text:
            self._warnings[name] = text
            self._tell()

    def clear(self, name: str) -> None:
        """End a warning, if it is shown."""
        if self._warnings.pop(name, None) is not None:
            self._logged.pop(name, None)
            self._tell()

    def _tell(self) -> None:
        self._live.tell_here({"event": "condition", "warnings": self.warnings})
