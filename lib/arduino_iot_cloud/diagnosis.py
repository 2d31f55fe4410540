"""What went wrong, in words that say what to do: with the link, or in a user's callback."""

import sys

from .mqtt import MQTTError
from .port import log, timestamp

# Return codes of CONNACK, MQTT 3.1.1 section 3.2.2.3
_REFUSED = (
    None,
    "it does not speak MQTT 3.1.1",
    "it does not take this device id as client identifier",
    "the service is not available",
    "wrong device id or secret key",
    "wrong device id or secret key, or not authorised",
)

# Part of an error's text -> what it means. mbedtls and OpenSSL name the same things differently.
_CERTIFICATE = (
    (("not correctly signed", "unable to get", "self-signed", "self signed"), "its root certificate is not trusted"),
    (("does not match", "mismatch", "not valid for"), "it is made out to another name"),
    (("expired",), "it has expired"),
    (("starts in the future", "not yet valid"), "it is not yet valid"),
)


def explain(client, error: Exception) -> bool:
    """Log why the connection to the cloud failed or ended, an unchanged reason once as a warning and then as
    information. Returns whether waiting may heal it."""
    text, heals = diagnose(client, error)
    log(20 if text == client.error else 30 if heals else 40, text)
    client.error = text
    return heals


def diagnose(client, error: Exception) -> tuple:
    """The reason in plain words (str), and whether waiting may heal it (bool)."""
    where = "%s:%d" % (client.server, client.port)
    if isinstance(error, MQTTError):
        text, code = error.args
        if text.endswith("refused the connection") and 0 < code < 6:
            return "%s refused the device: %s." % (where, _REFUSED[code]), code == 3
        return "Lost the link to %s: %s." % (where, text), True
    text = str(error)
    if isinstance(error, ValueError):  # of mbedtls; and OpenSSL's SSLCertVerificationError is one
        for parts, meaning in _CERTIFICATE:
            for part in parts:
                if part in text:
                    return _certificate(where, meaning)
        return "The TLS connection to %s failed: %s." % (where, text.strip()), False
    number = error.args[0] if error.args else 0
    opened = getattr(client.driver, "stream", True)
    if client.password is None and not opened and (isinstance(error, EOFError) or number in (104, 32, 54, 10054)):
        # A server that speaks TLS 1.3 looks at the certificate after its own part of the handshake is done.
        return "%s refused the device's certificate, it seems: it closed the connection at once. Check keyfile and certfile." % where, False
    if isinstance(error, EOFError):
        return "%s closed the connection." % where, True
    if isinstance(error, MemoryError):
        return "Out of memory on the way to %s (%s)." % (where, text), True
    if not isinstance(error, OSError) or not error.args:
        return "%s does not answer." % where, True
    if number == -0x7780 or "alert" in text.lower():
        return "%s refused the device's certificate (%s). Check keyfile and certfile." % (where, text), False
    if number in (111, 61, 10061, 113):
        return "%s is not there (connection refused). The service may be away." % where, True
    if number in (101, 118, 51, 100, -2, -3, -5, -202, -6) or "addrinfo" in text or type(error).__name__ == "gaierror":
        return "No network: %s cannot be reached (%s). Is Wi-Fi up?" % (where, text), True
    if number in (110, 116, 60):
        return "%s does not answer." % where, True
    return "Lost the link to %s: %s." % (where, text or type(error).__name__), True


def _certificate(where, meaning):
    if not timestamp():
        return (
            "The certificate of %s cannot be checked: the clock is not set. Set it, or let NTP through." % where,
            True,
        )
    return "The certificate of %s is refused: %s." % (where, meaning), False


def report(name: str, error: Exception):
    """Log the exception that a user's callback raised, with its traceback."""
    log(40, "'%s' raised %s: %s" % (name, type(error).__name__, error))
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)


def fault(error: Exception):
    """Log what was raised while a packet was handled, with its traceback."""
    report("a packet", error)


def hint_same_id(client):
    """Say what may be behind connections that are cut off again and again."""
