"""Tell the operator of wrong secrets: counts, lines in the log and in the audit log, as many as anybody reads."""

import logging
from collections import Counter
from typing import Any, Callable

from ..entrance.few_lines import FewLines
from .pauses import FREE, pause_after

log = logging.getLogger(__name__)
_LINES_A_MINUTE = 30
_BUSY_LINES_A_MINUTE = 3
_PAUSES_TO_TELL = 8


class Failures:
    """Counts, logs and audits refused secrets, tokens and codes."""

    def __init__(self, counts: "Counter[str]", note: Callable[..., Any]) -> None:
        """`counts` are the condition's; `note` is `Audit.note`."""
        self._counts = counts
        self._note = note
        self._refused, self._busy = FewLines(log, _LINES_A_MINUTE), FewLines(log, _BUSY_LINES_A_MINUTE)

    def count(self, kind: str) -> None:
        """Count a refusal that is worth no line."""
        self._counts["refused: " + kind] += 1

    def note(self, kind: str, identity: str, address: str, failures: int = 1) -> None:
        """Note that a `kind`, such as "device", was refused: the last of so many that came from there lately."""
        self.count(kind)
        if not _is_worth_a_line(failures):
            return
        what = "the secret is wrong"
        if failures > FREE:
            what = "%d wrong secrets from there; each is now answered after %.1f s" % (failures, pause_after(failures))
        who = "%s %.40r" % (kind, identity) if identity else kind
        told = self._refused.line(logging.WARNING, "%s: %s refused: %s", address, who, what)
        # The log's level says what the operator wants to read there, not what is to be audited.
        if told or not log.isEnabledFor(logging.WARNING):
            by = "%s %s" % (kind, identity) if identity else ""
            self._note("%s refused" % kind, by=by, address=address, about=_in_words(failures))

    def note_busy(self, kind: str, identity: str, address: str) -> None:
        """Note that a secret was not even compared, because too many are waiting."""
        self._counts["not compared: " + kind] += 1
        text = "%s: %s %.40r not compared: too many wrong secrets from there"
        self._busy.line(logging.WARNING, text, address, kind, identity)


def _is_worth_a_line(failures: int) -> bool:
    """Return whether the pause has grown, or the number of failures has doubled."""
    return failures <= FREE + _PAUSES_TO_TELL or failures & (failures - 1) == 0


def _in_words(failures: int) -> str:
    return "1 wrong secret" if failures == 1 else "%d wrong secrets from there" % failures
