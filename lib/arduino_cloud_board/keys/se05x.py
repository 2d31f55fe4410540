"""The store in a secure element SE05x.

`key` is the private key, which the chip makes and which never leaves it. `certificate` is the certificate; any other
name can be stored too. Key and certificate are at the places of Arduino's own programs. A certificate and a device id
at the places of Arduino's C++ programs are read too.

The chip cannot replace an object, only delete it and write another. So each entry has two places: the new data goes
into the free one before the old data is deleted, and a power cut leaves one or the other.
"""

from binascii import crc32

from ..chips.se05x import StatusError
from . import KeyCorrupted, KeyNotFound, KeyStore, check_entry, check_name, seal, unseal

KEY = 0x64
CERTIFICATE = 0x65
# Objects of Arduino's programs, in search order: first the official client's, then the C++ programs'
_ARDUINOS = {"key": (KEY,), "certificate": (CERTIFICATE, 0x6E), "device_id": (0x70,)}
_ARDUINO_READS = 412  # bytes of the certificate's object, in the official client
_PLACES = 0x41000000  # the first number of this store's own objects; its lower three bytes come from the name


class SE05XKeys(KeyStore):
    """The store in the chip `chip`, an se05x.SE05X; by default the board's own. Raises OSError if there is no chip."""

    in_chip = True

    def __init__(self, chip=None):
        if chip is None:
            from ..chips.bus import open_se05x

            chip = open_se05x()
        self.chip = chip

    def __repr__(self):
        return "se05x"

    def load(self, name: str) -> bytes:
        """See KeyStore. Raises OSError for `key`."""
        check_name(name)
        if name == "key":
            raise OSError(13, "The private key stays in the secure element.")  # EACCES
        damaged = False
        for number in self._places(name):
            of, data = self._entry(number)
            if of == name:
                return data
            damaged = damaged or data == b""
        for number in _ARDUINOS.get(name, ()):
            if self.chip.exists(number):
                return self._arduinos(name, number)
        if damaged:
            raise KeyCorrupted(name, self)
        raise KeyNotFound(name, self)

    def store(self, name: str, data: bytes):
        """See KeyStore. Raises OSError for `key`, which only `create_key` makes."""
        check_entry(name, data)
        if name == "key":
            raise OSError(13, "The secure element makes its private key itself.")  # EACCES
        first, second = self._places(name)
        names = [self._entry(number)[0] for number in (first, second)]
        for other in names:
            if other and other != name:
                raise OSError(28, "'%s' and '%s' cannot share one %s" % (name, other, self))  # ENOSPC
        into, other = (second, first) if names[0] else (first, second)
        self._remove(into)
        done = False
        try:
            self.chip.write(into, seal(name.encode() + b"\0" + bytes(data)))
            done = True
        finally:
            if not done:
                self._put_back(into)
        if name == "certificate":
            self._to_arduinos(bytes(data), into)
        self._remove(other)
        if name == "certificate":
            self._remove(into)

    def _to_arduinos(self, data, copy):
        # Arduino's place has room for only one certificate: the copy counts meanwhile
        before = self.chip.read(CERTIFICATE) if self.chip.exists(CERTIFICATE) else None
        done = False
        try:
            self._remove(CERTIFICATE)
            self.chip.write(CERTIFICATE, data + bytes(max(0, _ARDUINO_READS - len(data))))
            done = True
        finally:
            if not done:
                self._put_back(CERTIFICATE, before, copy)

    def _put_back(self, number, before=None, copy=None):
        # The error that led here is the one to report. The copy goes only once the old object is back.
        try:
            self._remove(number)
            if before:
                self.chip.write(number, before)
            if copy:
                self._remove(copy)
        except OSError:
            pass

    def delete(self, name: str):
        """See KeyStore."""
        check_name(name)
        arduinos = _ARDUINOS.get(name, ())
        gone = False
        # The object that is read first is deleted last, so the entry is unchanged after a power cut.
        for number in reversed(self._places(name) + arduinos):
            if number in arduinos or self._entry(number)[0] in (name, None):
                gone = self._remove(number) or gone
        if not gone:
            raise KeyNotFound(name, self)

    def names(self) -> list:
        """See KeyStore. Leaves out damaged entries."""
        numbers = self.chip.objects()
        found = set([name for name in _ARDUINOS if any([number in numbers for number in _ARDUINOS[name]])])
        for number in numbers:
            if number >> 24 != _PLACES >> 24:
                continue
            try:
                name = self._entry(number)[0]
            except StatusError:  # another program's object, which cannot be read
                continue
            if name and number in self._places(name):
                found.add(name)
        return sorted(found)

    def create_key(self, name: str = "key", entropy: bytes = b""):
        """Have the chip make a private key, replacing the earlier one. `entropy` is not used."""
        self._key(name)
        self.chip.generate(KEY)

    def public_key(self, name: str = "key") -> bytes:
        """See KeyStore."""
        return self.chip.public_key(self._there(name))

    def sign(self, name: str, digest: bytes) -> bytes:
        """See KeyStore."""
        if len(digest) != 32:
            raise ValueError("digest: 32 bytes expected, not %d" % len(digest))
        return self.chip.sign(self._there(name), digest)

    def reference(self, name: str) -> int:
        """The number by which TLS refers to the private key with this name. Raises KeyNotFound."""
        return self._there(name)

    def _key(self, name):
        if name != "key":
            raise KeyNotFound(name, self)

    def _there(self, name):
        self._key(name)
        if not self.chip.exists(KEY):
            raise KeyNotFound(name, self)
        return KEY

    def _places(self, name):
        number = _PLACES | (crc32(name.encode()) << 1 & 0xFFFFFE)
        return number, number | 1

    def _entry(self, number):
        # (name, data) of a place; (None, b"") if it is damaged, (None, None) if it is empty
        if not self.chip.exists(number):
            return None, None
        record = unseal(self.chip.read(number))
        if record is None:
            return None, b""
        of, _, data = record.partition(b"\0")
        return of.decode(), data

    def _remove(self, number):
        if not self.chip.exists(number):
            return False
        self.chip.delete(number)
        return True

    def _arduinos(self, name, number):
        data = self.chip.read(number)
        if name != "certificate":
            return data.split(b"\0", 1)[0]
        from .der import content

        try:
            return data[: content(data, 0x30)[1]]  # the object may be longer
        except ValueError:
            pass
        raise KeyCorrupted(name, self, "not DER of this length")
