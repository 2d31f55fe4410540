"""What the simulated secure chips share: an I2C bus that damages bytes, and signatures."""

from arduino_cloud_board.keys import der, p256


class Bus:
    """Replaces machine.I2C, with one chip. It counts each byte on the wire.

    damage   {number of a byte: what to xor it with}
    bytes    the number of bytes so far
    written  the transfers to the chip, as its host sent them
    """

    def __init__(self, address):
        self.address = address
        self.damage = {}
        self.every = 0  # xor every byte with this
        self.bytes = 0
        self.transfers = 0
        self.written = []

    def wire(self, data):
        """Return the bytes as they arrive."""
        arrived = bytearray(data)
        for i in range(len(arrived)):
            arrived[i] ^= self.damage.get(self.bytes, 0) ^ self.every
            self.bytes += 1
        return bytes(arrived)

    def writeto(self, address, data):
        """As of machine.I2C."""
        self.transfers += 1
        self.written.append(bytes(data))
        self.receive(address, self.wire(data))

    def readfrom(self, address, n):
        """As of machine.I2C."""
        self.transfers += 1
        if address != self.address:
            raise OSError(19)
        return self.wire(self.send(n))


class SlowBus:
    """A bus whose transfers take `ms`. Otherwise `module.ticks_ms` stands still.

    Without a chip nothing acknowledges, as if the data line were stuck: ports give up each transfer after 50 ms.
    """

    def __init__(self, module, ms, chip=None):
        self.now = 0
        self.ms = ms
        self.chip = chip
        self._module = module

    def __enter__(self):
        self._kept, self._module.ticks_ms = self._module.ticks_ms, lambda: self.now
        return self

    def __exit__(self, *error):
        self._module.ticks_ms = self._kept

    def writeto(self, address, data):
        """As of machine.I2C."""
        return self._transfer("writeto", address, data)

    def readfrom(self, address, n):
        """As of machine.I2C."""
        return self._transfer("readfrom", address, n)

    def _transfer(self, kind, address, argument):
        self.now += self.ms
        if not self.chip:
            raise OSError(110)  # ETIMEDOUT
        return getattr(self.chip, kind)(address, argument)


def verify(point, digest, signature):
    """Return whether the key of a point has made a signature (DER) of a digest, as FIPS 186-5 describes it."""
    start, end = der.content(signature, der.SEQUENCE)
    assert end == len(signature)
    r_start, r_end = der.content(signature, der.INTEGER, start)
    s_start, s_end = der.content(signature, der.INTEGER, r_end)
    assert s_end == end
    r, s = [int.from_bytes(signature[a:b], "big") for a, b in ((r_start, r_end), (s_start, s_end))]
    w = pow(s, p256.N - 2, p256.N)
    own = (int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big"))
    u = p256.multiply(int.from_bytes(digest, "big") * w % p256.N)
    v = p256.multiply(r * w % p256.N, own)
    x, _, z = p256._add(u + (1,), v + (1,))
    return x * pow(z, 2 * (p256._P - 2), p256._P) % p256._P % p256.N == r


class Keys:
    """A chip's private keys. Signatures and public keys are computed only once."""

    def __init__(self):
        self._known = {}

    def public(self, private):
        """Return the public key as 04 X Y."""
        return self._once(("public", private), lambda: p256.public_point(private))

    def sign(self, private, digest):
        """Return a signature in DER."""
        return self._once((digest, private), lambda: p256.sign(private, digest))

    def _once(self, what, make):
        if what not in self._known:
            self._known[what] = make()
        return self._known[what]
