"""Samples as a store keeps them, and the base class of the stores."""

from ..cbor import Writer, encode
from ..port import log


def sample(value, keys, time) -> bytearray:
    """Return a sample in CBOR: [time, value, ...]."""
    return encode(_write, [value[key] for key in keys] if keys else [value], time)


def _write(writer, values, time):
    writer.head(4, 1 + len(values))
    writer.scalar(time)
    for one in values:
        writer.scalar(one)


def restore(history, item: list):
    """Add a decoded sample to a history, unless it does not belong to this variable."""
    keys = getattr(history.p, "KEYS", None)
    if len(item) != 1 + len(keys or "v"):
        return
    history.add(dict(zip(keys, item[1:])) if keys else item[1], item[0])


class Store:
    """The base class of FileStore and NVSStore."""

    _failed = False

    def attempt(self, change, argument) -> bool:
        """Call `change(argument)`, which may raise OSError. Returns whether it succeeded; logs the first failure."""
        try:
            change(argument)
            self._failed = False
        except OSError as error:
            if not self._failed:
                from ..diagnosis import reason

                log(40, "The samples of '%s' cannot be stored: %s." % (self.history.name, reason(error)))  # type: ignore[attr-defined] # its owner sets it
            self._failed = True
        return not self._failed


def encoded(item) -> bytearray:
    """Return an int or a str in CBOR."""
    return encode(Writer.scalar, item)
