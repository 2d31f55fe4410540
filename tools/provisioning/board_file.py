"""The board.py on a board: this package's, or its owner's own, whose facts then count."""

import hashlib
from dataclasses import dataclass
from typing import Any

from arduino_cloud_board import detection
from localcloud.cli.exits import CommandError

from . import boards, payload, source
from .board_link import BoardLink


@dataclass(frozen=True)
class BoardFile:
    """The board.py on a board, at `path`; `content` is None if there is none yet."""

    path: str
    content: bytes | None

    @property
    def hash(self) -> str | None:
        """Return the content's SHA-256 in hexadecimal, None without content."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    @property
    def facts(self) -> dict[str, Any]:
        """Return its constants; none if it is not valid Python."""
        try:
            return boards.facts_of(self.content or b"")
        except SyntaxError:
            return {}

    @property
    def own(self) -> bool:
        """Return whether it differs from this package's board.py of every board: changed, or the owner's own."""
        return self.content not in (None, *_shipped())

    @property
    def chip(self) -> bool:
        """Return whether it keeps key and certificate in the board's secure chip."""
        facts = self.facts
        return (facts.get("SECURE_ELEMENT") or ("",))[0] == facts.get("KEYS")

    def checked(self, name: str | None, machine: str) -> dict[str, Any]:
        """Return the facts of the owner's own board.py, for the board `name`, or for a board that says it is `machine`.

        Raises CommandError if it is for another board, since no program of the package would start with it.
        """
        facts = self.facts
        if facts.get("NAME") and "MACHINE" in facts:
            if facts["NAME"] == name if name else is_of(facts, machine):
                return facts
        whose = "for %s" % facts["NAME"] if facts.get("NAME") else self._unknown()
        raise CommandError(
            "the board has its owner's board.py, %s, not for %s: %s; use --replace-board to replace it"
            % (whose, name or repr(machine), self.path)
        )

    def _unknown(self) -> str:
        try:
            source.parsed(self.content or b"")
        except SyntaxError as error:
            return "not valid Python in line %d" % (error.lineno or 1)
        return "without NAME and MACHINE"


def _shipped() -> list[bytes]:
    return [
        *(payload.board_file(name) for name in boards.names()),
        *(payload.board_file(name, chip=True) for name in boards.TLS_SIGNS),
    ]


def is_of(facts: dict[str, Any], machine: str) -> bool:
    """Return whether a board.py with these facts fits a board whose sys.implementation._machine is `machine`."""
    return detection.fits(machine, str(facts.get("MACHINE")))


def read(link: BoardLink, folders: list[str]) -> BoardFile:
    """Return the board.py of the first of these folders that has one. Without any, it belongs into the last folder."""
    for folder in folders:
        path = folder + "/board.py"
        content = link.run("read", path=path)
        if content is not None:
            break
    return BoardFile(path, content)
