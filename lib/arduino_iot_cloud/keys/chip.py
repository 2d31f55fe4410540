"""Keys in a secure element: what stands for one in TLS, and the element of Arduino's boards."""

from ..port import log

# The chip's key as the TLS stack sees it: an EC private key whose number is a mark followed by zeros; its last four
# bytes are the number of the object in the chip.
MARK = b"\xa5\xa6\xb5\xb6\xa5\xa6\xb5\xb6"
REFERENCE = (
    b"0A\x02\x01\x000\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08*\x86H\xce=\x03\x01\x07\x04'0%\x02\x01\x01\x04\x20"
    + MARK
    + bytes(20)
)


class SE05X:
    """The provider of `se05x:` URIs: the secure element of Arduino's boards, through the firmware's module `se05x`."""

    _chip = None

    def _open(self):
        if not self._chip:
            try:
                import se05x
            except ImportError:
                raise ValueError("keyfile: 'se05x:...' needs firmware with the module se05x")
            self._chip = se05x.SE05X()
        return self._chip

    def certificate(self, uri, params):
        """See `register_provider`."""
        return self._open().read(0x65, 412)  # the object and size that Arduino's provisioning uses

    def key(self, uri, params):
        """See `register_provider`."""
        self._open()
        return REFERENCE + _token(uri).to_bytes(4, "big")

    def sign(self, key, digest):
        """See `register_provider`."""
        if key[:8] != MARK:
            return None
        log(10, "Signing with the secure element.")
        return self._chip.sign(int.from_bytes(key[-4:], "big"), digest)


def _token(uri):
    try:
        return int(uri.split("token=", 1)[1], 16)
    except (ValueError, IndexError):
        raise ValueError("'%s': the token is a number such as 0x00000064" % uri)
