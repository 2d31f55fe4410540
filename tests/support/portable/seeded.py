"""Random numbers that are the same on every interpreter, so that a failure can be repeated."""


class Seeded:
    """A linear congruential generator (Knuth's MMIX constants)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        """Return an int from 0 to n - 1."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.state >> 33) % n

    def bytes(self, n):
        """Return n bytes."""
        return bytes([self.below(256) for _ in range(n)])

    def choice(self, items):
        """Return one of the items."""
        return items[self.below(len(items))]

    def mutated(self, data):
        """Return the bytes with one to three changes: a byte replaced, inserted or removed, or the rest cut off."""
        data = bytearray(data)
        for _ in range(1 + self.below(3)):
            at = self.below(len(data) + 1)
            how = self.below(4)
            if how == 0 and at < len(data):
                data[at] = self.below(256)
            elif how == 1:
                data = data[:at] + bytes([self.below(256)]) + data[at:]
            elif how == 2:
                data = data[:at] + data[at + 1 :]
            elif how == 3 and self.below(4) == 0:
                data = data[:at]
        return bytes(data)
