"""Samples as a store keeps them, and what all stores have in common."""

from ..cbor import Writer, encode
from ..port import log


def sample(value, keys, time) -> bytearray:
    """A sample in CBOR: [time, value, ...]."""
    return encode(_write, [value[key] for key in keys] if keys else [value], time)


def _write(writer, values, time):
    writer.head(4, 1 + len(values))
    writer.scalar(time)
    for one in values:
        writer.scalar(one)


def restore(history, item: list):
    """Put back a decoded sample; one that is none of this variable is left out."""
    keys = getattr(history.p, "KEYS", None)
    if len(item) != 1 + len(keys or "v"):
        return
    history.add(dict(zip(keys, item[1:])) if keys else item[1], item[0])


class Store:
    """What files and NVS have in common."""

    _failed = False

    def attempt(self, change, argument) -> bool:
        """Do what the file system or the flash may refuse. Returns whether it has been done."""
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
    """An int or a str in CBOR."""
    return encode(Writer.scalar, item)
