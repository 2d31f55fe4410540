"""The board.py that is on a board: this package's, or its owner's, whose facts then count."""

import hashlib
from dataclasses import dataclass
from typing import Any

from arduino_cloud_board import detection
from localcloud.cli.exits import CommandError

from . import boards, payload
from .board_link import BoardLink


@dataclass(frozen=True)
class BoardFile:
    """One that is on a board, at `path`; `content` is None where there is none yet."""

    path: str
    content: bytes | None

    @property
    def hash(self) -> str | None:
        """Return its SHA-256 in hexadecimal, None without it."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    @property
    def facts(self) -> dict[str, Any]:
        """Return its constants, none of what is no Python."""
        try:
            return boards.facts_of((self.content or b"").decode())
        except (SyntaxError, ValueError):
            return {}

    @property
    def own(self) -> bool:
        """Return whether it is none that this package has for any board: changed, or somebody's own."""
        return self.content not in (None, *_shipped())

    @property
    def chip(self) -> bool:
        """Return whether it says that key and certificate are in the board's secure chip."""
        facts = self.facts
        return (facts.get("SECURE_ELEMENT") or ("",))[0] == facts.get("KEYS")

    def checked(self, name: str | None, machine: str) -> dict[str, Any]:
        """Return the facts of one that its owner made: for the board `name`, else for one that says it is `machine`.

        Raises CommandError where it is for another board: none of the package's programs would start with it.
        """
        facts = self.facts
        if facts.get("NAME") and "MACHINE" in facts:
            if facts["NAME"] == name if name else is_of(facts, machine):
                return facts
        whose = "for %s" % facts["NAME"] if facts.get("NAME") else "without NAME and MACHINE"
        raise CommandError(
            "the board has a board.py of somebody's own, %s, not for %s: %s; --replace-board to replace it"
            % (whose, name or repr(machine), self.path)
        )


def _shipped() -> list[bytes]:
    return [
        *(payload.board_file(name) for name in boards.names()),
        *(payload.board_file(name, chip=True) for name in boards.TLS_SIGNS),
    ]


def is_of(facts: dict[str, Any], machine: str) -> bool:
    """Return whether a board.py with these facts is taken where sys.implementation._machine is `machine`."""
    return detection.fits(machine, str(facts.get("MACHINE")))


def read(link: BoardLink, folders: list[str]) -> BoardFile:
    """Return the one in the first of these folders that has one; without any, it belongs into the last of them."""
    for folder in folders:
        path = folder + "/board.py"
        content = link.run("read", path=path)
        if content is not None:
            break
    return BoardFile(path, content)
