"""Historical data as it arrives: each value with its time, without keeping the rest."""

from array import array

from .json_reader import BEGIN, END, VALUE, JSONError, JSONReader
from .times import milliseconds


class Points:
    """Pairs times and values from the events of `reader`. They come in two arrays, of which the first one is kept,
    times as eight bytes each.

    responses: a list, to which a dict with the other members of each response is appended.
    """

    def __init__(self, responses):
        self.reader = JSONReader((None, "responses", None, "times values"), 65536)
        self._responses = responses
        self._first = None  # which array came first: times or values
        self._kept = self._n = None

    def take(self, event):
        """(response, time in ms since 1970, value) if the event completes such a point, else None. Raises JSONError."""
        reader = self.reader
        depth = reader.depth
        if depth < 3:
            if event == END and depth == 2 and self._first is not None:
                self._end()
            if depth == 2 and event == VALUE:
                raise JSONError("a response is not an object")
            return None
        if depth == 3:
            if event == BEGIN:
                self._responses.append({})
                self._first = None
                self._kept = []
                self._n = 0
            elif event == VALUE and reader.key is not None:
                self._responses[-1][reader.key] = reader.value
            return None
        name = reader.keys[2]
        if event == BEGIN:
            self._begin(name)
        if event != VALUE:
            return None
        value = reader.value
        if name == "times":
            try:
                value = milliseconds(value)
            except (TypeError, ValueError):
                raise JSONError("it has a bad time")
        if self._first == name:
            self._kept.append(value)
            return None
        if self._n >= len(self._kept):
            raise JSONError("its times and values do not match")
        kept = self._kept[self._n]
        self._n += 1
        return (self._responses[-1], kept, value) if self._first == "times" else (self._responses[-1], value, kept)

    def _begin(self, name):
        if self._first is None:
            self._first = name
            self._kept = array("q") if name == "times" else []

    def _end(self):
        if self._n != len(self._kept):
            raise JSONError("its times and values do not match")
        self._first = None
