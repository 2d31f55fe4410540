"""A stand-in for the ESP32's NVS: blobs in files, each written completely or not at all."""

import os

_NOT_FOUND, _TOO_SHORT = -0x1102, -0x110C


class NVS:
    """A namespace."""

    def __init__(self, namespace):
        self._prefix = "nvs." + namespace + "."

    def _path(self, key):
        return self._prefix + "".join(["%02x" % byte for byte in key.encode()])

    def set_blob(self, key, data):
        """Store a blob."""
        with open(self._path(key) + ".new", "wb") as file:
            file.write(data)
        os.rename(self._path(key) + ".new", self._path(key))

    def get_blob(self, key, buffer):
        """Read a blob into a buffer and return its length."""
        try:
            with open(self._path(key), "rb") as file:
                data = file.read()
        except OSError:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        if len(data) > len(buffer):
            raise OSError(_TOO_SHORT, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        """Remove a blob."""
        try:
            os.remove(self._path(key))
        except OSError:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")

    def commit(self):
        """Do nothing: everything is already written."""
