"""What happened last in a world, in a fixed amount of memory, because the heap is measured too."""


class Story:
    """The last lines, in at most `size` bytes."""

    def __init__(self, size=6000):
        self._text = bytearray(size)
        self._end = 0

    def add(self, line):
        """Add a line. The oldest ones make room for it."""
        text = self._text
        data = (line[: len(text) // 8] + "\n").encode()
        if self._end + len(data) > len(text):
            start = text.find(b"\n", len(text) // 2) + 1
            n = self._end - start
            text[:n] = text[start : self._end]
            self._end = n
        text[self._end : self._end + len(data)] = data
        self._end += len(data)

    def clear(self):
        """Remove all lines."""
        self._end = 0

    def lines(self):
        """Return all lines, the oldest first."""
        return bytes(self._text[: self._end]).decode().split("\n")[:-1]
