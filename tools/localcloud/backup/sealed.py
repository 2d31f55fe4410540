"""Seal a stream with a passphrase: AES-256-GCM in chunks, with a key that scrypt makes of it.

Each chunk's nonce is its number and whether it is the last one. So chunks that are changed, left out, cut off or put
into another order are noticed (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).
"""

import io
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from . import BackupRefused

MAGIC = b"local-cloud backup, sealed, 1\n"
_SALT = 16
_CHUNK = 1 << 20
_TAG = 16
# 128 MB and about half a second for each guess.
_LOG2_COST, _BLOCK_SIZE, _PARALLEL = 17, 8, 1


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    derivation = Scrypt(salt, 32, 1 << _LOG2_COST, _BLOCK_SIZE, _PARALLEL)
    return AESGCM(derivation.derive(passphrase.encode()))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class Sealer(io.RawIOBase):
    """Writes to `file` what is written to it, sealed. Only `finish` makes it complete."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        super().__init__()
        self._file = file
        salt = secrets.token_bytes(_SALT)
        self._head = MAGIC + salt
        self._cipher = _cipher(passphrase, salt)
        self._waiting = bytearray()
        self._number = 0
        file.write(self._head)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]
        """Take bytes."""
        self._waiting += data
        # At least one byte stays for the last chunk.
        while len(self._waiting) > _CHUNK:
            self._write_chunk(bytes(self._waiting[:_CHUNK]), False)
            del self._waiting[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._write_chunk(bytes(self._waiting), True)

    def _write_chunk(self, data: bytes, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), data, self._head))
        self._number += 1


class Unsealer(io.RawIOBase):
    """Reads what a Sealer has written. Every byte that it returns is proven. `file` is behind MAGIC."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        super().__init__()
        self._file = file
        salt = file.read(_SALT)
        self._head = MAGIC + salt
        self._cipher = _cipher(passphrase, salt)
        self._open = b""
        self._ahead = file.read(_CHUNK + _TAG)
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Read at most as many bytes as fit into the buffer. Raises BackupRefused."""
        if not self._open and not self._ended:
            self._open_chunk()
        count = min(len(buffer), len(self._open))
        buffer[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def _open_chunk(self) -> None:
        chunk, self._ahead = self._ahead, self._file.read(_CHUNK + _TAG)
        self._ended = not self._ahead
        try:
            self._open = self._cipher.decrypt(_nonce(self._number, self._ended), chunk, self._head)
        except (InvalidTag, ValueError):
            if self._number:
                raise BackupRefused("the backup is damaged or incomplete") from None
            raise BackupRefused("the passphrase is wrong, or the backup is damaged") from None
        self._number += 1
