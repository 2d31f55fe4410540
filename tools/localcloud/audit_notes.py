"""Notes for the audit log that commands leave in the data folder of a cloud that is not running."""

import json
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)
_FILE = "audit-notes.jsonl"
_MOST = 1000
_TEXTS = ("action", "by", "address", "about")


def leave_note(data: Path, action: str, *, by: str = "command line", about: str = "") -> None:
    """Leave a note, such as "token got a new secret". The cloud takes it at its next start."""
    note = {"time_us": time.time_ns() // 1000, "action": action, "by": by, "address": "", "about": about}
    descriptor = os.open(data / _FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(note) + "\n")


def take_notes(data: Path) -> list[tuple[int, tuple[str, str, str, str]]]:
    """Return the time of each note, with its action, by, address and about, and remove the notes."""
    path = data / _FILE
    try:
        lines = path.read_text(errors="replace").splitlines()[-_MOST:]
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            note = json.loads(line)
            action, by, address, about = (str(note[name]) for name in _TEXTS)
            found.append((int(note["time_us"]), (action, by, address, about)))
        except (ValueError, KeyError, TypeError):
            log.warning("%s has a line that is no note: left out", path)
    with suppress(OSError):  # a read-only disk: they are taken again
        path.unlink(missing_ok=True)
    return found
