"""The store in a secure element SE05x.

`key` is the private key, made in the chip, which never leaves it; `certificate` is the certificate, and any other
name is kept, too. Key and certificate are where Arduino's own programs have them. A chip that Arduino's C++ programs
have set up has its certificate in parts: it is put together when it is asked for (`ecc_certificate`).

The chip can only delete an object and write another. So each entry has two places: the new one is written into the
free one before the old one goes, and a power cut leaves the one or the other.
"""

from binascii import crc32

from .key_store import KeyCorrupted, KeyNotFound, KeyStore, check_entry, check_name, seal, unseal

KEY = 0x64
CERTIFICATE = 0x65
_COMPRESSED = (0x6E, 0x6F, 0x70)  # of Arduino's C++ programs: certificate, serial number and authority, device id
_ARDUINO_READS = 412  # bytes of the certificate's object, in the official client
_PLACES = 0x41000000  # where this store's own objects begin; the number's lower three bytes come from the name


class SE05XKeys(KeyStore):
    """The store in the chip `chip`, an se05x.SE05X. Without one it is looked for where Arduino's boards have it:
    raises OSError where there is none."""

    in_chip = True

    def __init__(self, chip=None):
        if chip is None:
            from .chip_bus import open_se05x

            chip = open_se05x()
        self.chip = chip

    def __repr__(self):
        return "se05x"

    def load(self, name: str) -> bytes:
        """See KeyStore. Raises OSError for `key`."""
        check_name(name)
        if name == "key":
            raise OSError(13, "The private key stays in the secure element.")  # EACCES
        found = [self._read(name, number) for number in self._places(name)]
        for data in found:
            if data:
                return data
        if name == "certificate":
            return self._certificate()
        if name == "device_id" and self.chip.exists(_COMPRESSED[2]):
            return self.chip.read(_COMPRESSED[2]).rstrip(b"\0")
        if found != [None, None]:
            raise KeyCorrupted(name, self)
        raise KeyNotFound(name, self)

    def store(self, name: str, data: bytes):
        """See KeyStore. Raises OSError for `key`: that is made by `create_key`."""
        check_entry(name, data)
        if name == "key":
            raise OSError(13, "The secure element makes its private key itself.")  # EACCES
        first, second = self._places(name)
        into = second if self._read(name, first) else first
        self._remove(into)
        self.chip.write(into, seal(name.encode() + b"\0" + bytes(data)))
        self._remove(first if into == second else second)
        if name == "certificate":
            # Arduino's place has room for one alone: meanwhile the copy counts
            self._remove(CERTIFICATE)
            self.chip.write(CERTIFICATE, bytes(data) + bytes(max(0, _ARDUINO_READS - len(data))))
            self._remove(into)

    def delete(self, name: str):
        """See KeyStore. What Arduino's C++ programs have written stays."""
        check_name(name)
        places = self._places(name)
        if name in ("key", "certificate"):
            places += ((KEY if name == "key" else CERTIFICATE),)
        if not any([self._remove(number) for number in places]):
            raise KeyNotFound(name, self)

    def names(self) -> list:
        """See KeyStore: those of the entries that are whole."""
        numbers = self.chip.objects()
        found = set()
        for name, number in (
            ("key", KEY),
            ("certificate", CERTIFICATE),
            ("certificate", _COMPRESSED[0]),
            ("device_id", _COMPRESSED[2]),
        ):
            if number in numbers:
                found.add(name)
        for number in numbers:
            if number >> 24 == _PLACES >> 24:
                name = (unseal(self.chip.read(number)) or b"\0").split(b"\0", 1)[0].decode()
                if name and number in self._places(name):
                    found.add(name)
        return sorted(found)

    def create_key(self, name: str = "key", entropy: bytes = b""):
        """Have the chip make a new private key, in place of the one it has. `entropy` is not used."""
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
        """The number by which TLS calls the private key of that name. Raises KeyNotFound."""
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

    def _read(self, name, number):
        # The data of a place; b"" where it is damaged, None where there is nothing
        if not self.chip.exists(number):
            return None
        record = unseal(self.chip.read(number))
        if record is None:
            return b""
        of, _, data = record.partition(b"\0")
        if of.decode() != name:
            raise OSError(28, "'%s' and '%s' do not go into one %s" % (name, of.decode(), self))  # ENOSPC
        return data

    def _remove(self, number):
        if not self.chip.exists(number):
            return False
        self.chip.delete(number)
        return True

    def _certificate(self):
        if self.chip.exists(CERTIFICATE):
            from .der import content

            data = self.chip.read(CERTIFICATE)
            try:
                return data[: content(data, 0x30)[1]]  # the object may be longer
            except ValueError:
                pass
            raise KeyCorrupted("certificate", self, "this is no DER of that length")
        if not self.chip.exists(_COMPRESSED[0]):
            raise KeyNotFound("certificate", self)
        from .ecc_certificate import rebuild

        parts = [self.chip.read(number) for number in _COMPRESSED]
        try:
            return rebuild(parts[0], parts[1], parts[2], self.public_key())
        except ValueError as error:
            problem = str(error)
        raise KeyCorrupted("certificate", self, problem)
