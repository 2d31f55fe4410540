"""Random numbers that depend only on a seed. They are the same on every interpreter and small integers on each."""


class Chance:
    """Three short congruential generators side by side (Wichmann and Hill).

    `name` gives each part of the world its own stream of the seed. Switching one part off leaves the others unchanged.
    """

    def __init__(self, seed, name=""):
        mark = 7
        for letter in name:
            mark = (mark * 31 + ord(letter)) % 30323
        self.a = 1 + (seed * 7919 + mark) % 30268
        self.b = 1 + (seed * 104729 + mark * 5) % 30306
        self.c = 1 + (seed * 611953 + mark * 3) % 30322
        for _ in range(8):
            self.below(2)

    def below(self, n):
        """Return an int from 0 to n - 1. n is 2**30 at most."""
        self.a = self.a * 171 % 30269
        self.b = self.b * 172 % 30307
        self.c = self.c * 170 % 30323
        # Each of the three reaches the lowest bits, because a small `n` may depend only on them.
        return ((self.a << 15 ^ self.b << 8 ^ self.c ^ self.a >> 3 ^ self.b >> 5) & 0x3FFFFFFF) % n

    def between(self, low, high):
        """Return an int from low to high, both included."""
        return low + self.below(high - low + 1)

    def one_in(self, n):
        """Return True once in n times."""
        return self.below(n) == 0

    def choice(self, items):
        """Return one of the items."""
        return items[self.below(len(items))]

    def wide(self, low, high):
        """Return an int from low (at least 1) to high, small ones as often as large ones."""
        while low * 4 < high and self.below(3):
            low *= 4
        return self.between(low, min(high, low * 4))

    def bytes(self, n):
        """Return n bytes."""
        return bytes([self.below(256) for _ in range(n)])

    def random(self):
        """Return a float from 0 to below 1."""
        return self.below(1 << 24) / 16777216.0
