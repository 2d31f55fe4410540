"""The connection to the board: run MicroPython programs there over mpremote's raw REPL, and copy files completely.

Everything goes through the raw REPL, nothing through command lines, which other users of the computer can see.
"""

import ast
import base64
import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from localcloud.cli.exits import CommandError
from mpremote.transport import TransportExecError

from . import reaching
from .reaching import PortLost

_PROGRAMS = Path(__file__).with_name("on_board")
_ANSWER = b"\x1e"  # begins the line with a program's answer, after anything else that it prints
_CHUNK = 512  # bytes of a file at a time, whose text fits into the heap of any board
_AT_ONCE = 32  # file names in one program
NEW = ".new"  # the end of the name of a file that is being written
_CHANGING = "clock identify key_in_file key_in_store remove rom_write store_device store_networks".split()


class BoardError(CommandError):
    """The board refused or failed: `last` is the last line of its traceback."""

    def __init__(self, message: str, last: str = "") -> None:
        super().__init__(message)
        self.last = last

    @property
    def lacks_package(self) -> bool:
        """Return whether a program has failed because the package or its board.py is not on the board yet, or older."""
        return self.last.startswith(("ImportError", "AttributeError", "TypeError", "WrongBoard", "UnknownBoard"))


class BoardLink:
    """A board at a port. To be used in `with`, at whose end the board restarts, as after power-on.

    Raises PortLost if no board answers. `changed`: something on the board may have changed.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self.changed = False
        self._receives = False  # the board has `receive.py`, until it restarts
        self._secrets: set[str] = set()
        self._transport = reaching.reach(port)

    def __enter__(self) -> "BoardLink":
        return self

    def __exit__(self, *_: object) -> None:
        reaching.release(self._transport)  # however the run ended

    def hide(self, secret: str) -> None:
        """Keep a secret out of all messages of this link."""
        if secret:
            self._secrets.update((secret, repr(secret)[1:-1]))

    def restart(self) -> None:
        """Restart the board, with no program running and the heap free."""
        self._receives = False
        reaching.reset(self.port, self._transport)

    def _guarded(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except TransportExecError as error:
            lines = [line for line in self._clean(error.error_output).splitlines() if line.strip()]
            last = lines[-1] if lines else "an error without a message"
            raise BoardError("the board says: " + last, last) from None
        except reaching.TROUBLE as error:
            raise PortLost(reaching.lost(self.port, error)) from None

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return "".join(character if character.isprintable() or character == "\n" else " " for character in text)

    def run(self, program: str, timeout: float = 60, on_line: Callable[[str], None] | None = None, **named: Any) -> Any:
        """Run `on_board/PROGRAM.py` with these names defined, and return its answer, None without one.

        `timeout`: seconds between two bytes that the board prints. `on_line` gets each other line as it arrives.
        Raises BoardError, PortLost.
        """
        lines = ["%s = %r" % item for item in named.items()]
        lines.append("def answer(value):\n    print(%r + repr(value))" % _ANSWER.decode())
        lines.append((_PROGRAMS / (program + ".py")).read_text("utf-8"))
        gathered = bytearray()

        def consume(data: bytes) -> None:
            gathered.extend(data)
            if on_line and data == b"\n":
                line = bytes(gathered).rstrip().rpartition(b"\n")[2]
                if not line.startswith(_ANSWER):
                    on_line(self._clean(line.decode("utf-8", "replace")))

        def job() -> None:
            self._transport.exec_raw_no_follow("\n".join(lines))
            _, failed = self._transport.follow(timeout, consume)
            if failed:
                raise TransportExecError(b"", failed.decode("utf-8", "replace"))

        try:
            self._guarded(job)
        except CommandError:
            self.changed = self.changed or program in _CHANGING
            raise
        _, found, text = bytes(gathered).replace(b"\x04", b"").rpartition(_ANSWER)
        if not found:
            return None
        try:
            return ast.literal_eval(text.decode().partition("\n")[0].strip())
        except (SyntaxError, ValueError):
            raise PortLost("%s: the board's answer was garbled" % self.port) from None

    def hashes(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of each file that exists on the board, in hexadecimal; "" if it cannot be read."""
        found: dict[str, str] = {}
        paths = list(paths)
        for at in range(0, len(paths), _AT_ONCE):
            asked = paths[at : at + _AT_ONCE]
            for path, digest in zip(asked, self.run("hashes", paths=asked), strict=True):
                if digest is not None:
                    found[path] = base64.b64decode(digest).hex()
        return found

    def files(self, folders: Iterable[str]) -> dict[str, int]:
        """Return the files in and below these folders, with their sizes in bytes."""
        found: dict[str, int] = {}

        def take(line: str) -> None:
            size, _, path = line.partition(" ")
            if size.isdigit() and path.startswith("/"):  # else something else of the board has printed it
                found[path] = int(size)

        self.run("listing", on_line=take, folders=list(folders))
        return found

    def remove(self, paths: Iterable[str], folders: Iterable[str] = ()) -> list[str]:
        """Remove files, then empty folders, in the given order. Return the folders that are not empty."""
        paths, folders = list(paths), list(folders)
        self.changed = self.changed or bool(paths)
        for at in range(0, len(paths), _AT_ONCE):
            self.run("remove", paths=paths[at : at + _AT_ONCE], folders=[])
        return self.run("remove", paths=[], folders=folders) if folders else []

    def put(self, path: str, data: bytes, advance: Callable[[float], None] = lambda amount: None) -> None:
        """Write a file completely, or leave it unchanged. Raises BoardError, as if the board is full, or PortLost."""
        self.changed = True
        try:
            self._guarded(lambda: self._put(path, data, advance))
        except BoardError as error:
            try:
                self.run("remove", paths=[path + NEW], folders=[])  # free the room of the unfinished file
            except CommandError:
                pass
            if "ENOSPC" in error.last or "Errno 28" in error.last or error.last == "OSError: 28":
                raise BoardError("the board's file system is full (while writing %s)" % path, error.last) from None
            raise

    def _put(self, path: str, data: bytes, advance: Callable[[float], None]) -> None:
        execute = self._transport.exec
        new = path + NEW
        if not self._receives:
            execute((_PROGRAMS / "receive.py").read_text("utf-8"))
            self._receives = True
        execute("begin(%r)" % new)
        for at in range(0, len(data), _CHUNK):
            chunk = data[at : at + _CHUNK]
            execute("take('%s')" % base64.b64encode(chunk).decode())  # half as long as with repr
            advance(len(chunk))
        execute("end(%r, %r, %r)" % (new, path, hashlib.sha256(data).hexdigest()))

    def write_romfs(self, image: bytes, advance: Callable[[float], None]) -> None:
        """Write an image into the ROMFS partition. Raises BoardError, PortLost; then the next attempt starts again."""
        self.changed = True
        least = self.run("rom_write", size=len(image))
        if least < 0:
            raise BoardError("the board refuses to write its ROMFS partition (%d)" % least)
        chunk = max(1024, least)

        def job() -> None:
            for at in range(0, len(image), chunk):
                data = image[at : at + chunk].ljust(chunk, b"\0")
                self._transport.exec("rom_take(%d, '%s')" % (at, base64.b64encode(data).decode()))
                advance(chunk)
            self._transport.exec("rom_end()")

        self._guarded(job)

    def interrupt(self) -> None:
        """Send Ctrl-C to the program that `run` runs in another thread."""
        self._guarded(lambda: self._transport.serial.write(b"\x03"))


class Background:
    """A job in a separate thread, such as a program on the board while we watch the cloud."""

    def __init__(self, job: Callable[[], Any]) -> None:
        self._value: Any = None
        self._error: BaseException | None = None

        def run() -> None:
            try:
                self._value = job()
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Return whether the job has ended."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait for the end of the job."""
        self._thread.join()

    def result(self) -> Any:
        """Wait for the end of the job, and return its result. Raises the job's exception."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value
