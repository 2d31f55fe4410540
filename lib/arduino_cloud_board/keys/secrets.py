"""`secrets.py` as a read-only store, for a quick start.

An entry is the constant with its name in capitals: `device_id` is DEVICE_ID. Without NETWORKS, `networks` is made from
WIFI_SSID and WIFI_PASS.
"""

import json

from . import KeyNotFound, KeyStore, check_name

_MARK = "\ufeff"  # byte order mark: MicroPython takes it for the beginning of the first name


class SecretsKeys(KeyStore):
    """The constants of `secrets.py`. Without that file, the store is empty."""

    def __repr__(self):
        return "secrets.py"

    def load(self, name: str) -> bytes:
        """The constant as bytes: text as UTF-8, bytes unchanged, anything else as JSON. Raises KeyNotFound, and
        ValueError for a value that JSON does not have."""
        value = self.value(name)
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        try:
            return json.dumps(value).encode()
        except TypeError:
            pass
        raise ValueError("%s in %s is not text, bytes, or a value of JSON" % (name.upper(), self))

    def value(self, name: str):
        """The constant itself. Raises KeyNotFound."""
        check_name(name)
        module = _module()
        if name == "networks" and not hasattr(module, "NETWORKS") and getattr(module, "WIFI_SSID", None):
            return [{"ssid": module.WIFI_SSID, "password": getattr(module, "WIFI_PASS", "")}]
        try:
            return getattr(module, name.upper())
        except AttributeError:
            pass
        raise KeyNotFound(name, self)

    def names(self) -> list:
        """See KeyStore: the constants with a name in capitals."""
        module = _module()
        found = set()
        for constant in dir(module) if module else ():
            name = constant.lower()
            try:
                check_name(name)
            except ValueError:
                continue
            if constant == constant.upper() != name and name[0] != "_":
                found.add(name)
        if getattr(module, "WIFI_SSID", ""):
            found.add("networks")
        return sorted(found)


def _module():
    # Python's error message may show a secret: it quotes the line, and a text without quotes looks like a name. Too
    # little memory, or a file that cannot be read, is no mistake in it.
    mistake = ""
    code = 0
    try:
        import secrets
    except ImportError as error:
        if "'secrets'" in str(error):
            return None
        mistake = "ImportError. Does the board have every module that it imports?"
    except MemoryError:
        raise
    except OSError as error:
        code = error.args[0] if error.args and type(error.args[0]) is int else 5  # EIO
    except Exception as error:
        mistake = type(error).__name__
        if hasattr(error, "lineno"):
            mistake += " in line %s" % error.lineno
        mistake += ". Is every text in quotes, and the file in UTF-8 without a byte order mark?"
    if code:
        raise OSError(code, "secrets.py cannot be read")
    if mistake:
        raise ValueError("secrets.py cannot be imported: " + mistake)
    if hasattr(secrets, "token_urlsafe"):
        return None  # that one is CPython's own
    for name in dir(secrets):
        if name[0] == _MARK:
            setattr(secrets, name[1:], getattr(secrets, name))
    return secrets
