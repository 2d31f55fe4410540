"""Tell the operator of wrong secrets: counts, lines in the log and in the audit log, as many as anybody reads."""

import logging
import time
from collections import Counter
from typing import Any, Callable

from .pauses import FREE, pause_after

log = logging.getLogger(__name__)
_LINES_A_MINUTE = 30
_PAUSES_TO_TELL = 8


class Limited:
    """Lets so many lines a minute through, and says how many it has kept back."""

    def __init__(self, lines: int = _LINES_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = lines
        self._clock = clock
        self._minute_began = -60.0
        self._let_through = 0
        self._kept_back = 0

    def admits(self, what: str) -> bool:
        """Return whether another line may be written. Logs how many `what` the last minute kept back."""
        now = self._clock()
        if now - self._minute_began >= 60:
            if self._kept_back:
                log.warning("%d more %s were not logged", self._kept_back, what)
            self._minute_began, self._let_through, self._kept_back = now, 0, 0
        if self._let_through >= self._lines:
            self._kept_back += 1
            return False
        self._let_through += 1
        return True


class Failures:
    """Counts, logs and audits refused secrets, tokens and codes."""

    def __init__(self, counts: "Counter[str]", note: Callable[..., Any]) -> None:
        """`counts` are the condition's; `note` is `Audit.note`."""
        self._counts = counts
        self._note = note
        self._refused, self._busy = Limited(), Limited(3)

    def note(self, kind: str, identity: str, address: str, failures: int = 1) -> None:
        """Note that a `kind`, such as "device", was refused: the last of so many that came from there lately."""
        self._counts["refused: " + kind] += 1
        if not _is_worth_a_line(failures) or not self._refused.admits("refusals"):
            return
        who = "%s %.40r" % (kind, identity) if identity else kind
        if failures <= FREE:
            log.warning("%s: %s refused: the secret is wrong", address, who)
        else:
            log.warning(
                "%s: %s refused: %d wrong secrets from there; each is now answered after %.1f s",
                *(address, who, failures, pause_after(failures)),
            )
        self._note("%s refused" % kind, by="%s %s" % (kind, identity), address=address, about=_in_words(failures))

    def note_busy(self, kind: str, identity: str, address: str) -> None:
        """Note that a secret was not even compared, because too many are waiting."""
        self._counts["not compared: " + kind] += 1
        if self._busy.admits("secrets that were not compared"):
            log.warning("%s: %s %.40r not looked at: too many wrong secrets from there", address, kind, identity)


def _is_worth_a_line(failures: int) -> bool:
    """Return whether the pause has grown, or the number of failures has doubled."""
    return failures <= FREE + _PAUSES_TO_TELL or failures & (failures - 1) == 0


def _in_words(failures: int) -> str:
    return "1 wrong secret" if failures == 1 else "%d wrong secrets from there" % failures
