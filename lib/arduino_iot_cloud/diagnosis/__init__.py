"""Messages for failed and lost connections: what happened and what to do, with error numbers in parentheses.

Errors of TLS are in `tls`; exceptions from callbacks and packets in `faults`.

Temporary: a driver imports it when a connection has ended, and unloads it with the next one.
"""

import errno

from ..mqtt import MQTTError
from ..port import forget, log, report as report

# `report` is for callers that look for it here.

# Return codes of CONNACK, MQTT 3.1.1 section 3.2.2.3
_REFUSED = (
    None,
    "it does not speak MQTT 3.1.1",
    "it rejects this device id as client identifier",
    "the service is not available",
    "wrong device id or secret key",
    "wrong device id or secret key, or not authorised",
)

# Numbers of an OSError and what they mean: on Linux and lwIP, BSD and macOS, Windows.
_NAMELESS = (-2, -3, -4, -5, -6, -202)  # from getaddrinfo
_TIMEOUT = (110, 116, 60, 10060, 11)
_MEANINGS = (
    ((104, 54, 10054), "the connection was reset"),
    ((32, 107, 128, 57, 9), "the connection was closed"),
    ((103, 53, 10053), "the attempt was aborted"),
    ((111, 61, 10061), "connection refused"),
    ((113, 112, 65, 64, 10065), "no route to it"),
    ((101, 118, 51, 100, 50, 10051), "no network"),
    (_TIMEOUT, "no answer in time"),
    (_NAMELESS, "its name was not found"),
    ((12,), "out of memory"),
    ((23, 24, 105, 55), "too many open sockets"),
    ((98, 48, 10048), "the address is in use"),
    ((1, 13), "it is not permitted"),
    ((19, 16), "the network is not ready"),
    ((28,), "no space left"),
    ((30,), "it is read-only"),
)
# These have other numbers on ESP32, whose C library is newlib.
_NAMES = {"ECONNABORTED": "the attempt was aborted", "EADDRINUSE": "the address is in use"}


def explain(client, error: Exception) -> bool:
    """Log why the connection to the cloud failed or ended: a new reason as a warning, the same one again as
    information. Returns whether waiting may help."""
    text, heals = diagnose(client, error)
    log(20 if text == client.error else 30 if heals else 40, text)
    client.error = text
    return heals


def diagnose(client, error: Exception) -> tuple:
    """Return the reason in plain words (str), and whether waiting may help (bool).

    client: an ArduinoCloudClient, or an object with its `server`, `port`, `ssl_params` and `driver`. If the driver's
    `stream` is None, the connection failed before the server answered the log-in.
    """
    where = "%s:%d" % (client.server, client.port)
    opening = not getattr(client.driver, "stream", True)
    plain = client.ssl_params is None
    if isinstance(error, MQTTError):
        return _mqtt(where, error, opening, plain)
    number = number_of(error)
    if isinstance(error, MemoryError) or number in (12, -0x7F00, -0x2880, -0x0010):  # negative: from mbedtls
        return "Out of memory on the way to %s%s." % (where, _behind(error, number)), True
    if not plain:
        said = _tls(client, where, error, number, opening or not client.driver)
        if said:
            return said
    meaning = _meaning(error, number)
    if opening and (meaning is None or meaning.startswith("the connection was")):
        return closed(client, where, error, number)
    if meaning is None:
        return "%s closed the connection." % where, True
    behind = _behind(error, number)
    if meaning == "connection refused":
        return "%s refused the connection. The service may be down." % where, True
    if meaning == "no answer in time":
        return "%s does not answer." % where, True
    if number in _NAMELESS or number in (101, 118, 51, 100) or meaning == "its name was not found":
        return "No network: %s cannot be reached, %s%s. Is Wi-Fi up?" % (where, meaning, behind), True
    return ("%s cannot be reached: %s%s." if opening else "Lost the link to %s: %s%s.") % (where, meaning, behind), True


def reason(error: Exception) -> str:
    """Return why something failed on the network or in a file: a few words, then the error number; never empty."""
    number = number_of(error)
    meaning = _meaning(error, number) or "the connection was closed"
    return meaning + _behind(error, number)


def number_of(error) -> int:
    """Return the number of an OSError, even if only its text contains it; 0 if there is none."""
    if not isinstance(error, OSError) or not error.args or type(error).__name__[:3] == "SSL":
        return 0
    number = error.args[0]
    if isinstance(number, str):  # "Multiple exceptions: [Errno 111] …, [Errno 111] …", "[addrinfo error -2]"
        for mark in ("[Errno ", "[addrinfo error "):
            found = number.partition(mark)[2].partition("]")[0]
            if found.lstrip("-").isdigit():
                return int(found)
        return 0
    # TLS passes the socket's errors on as negative numbers.
    return -number if number in (-32, -104, -54, -103, -110, -113) else number


def detail(error, number: int) -> str:
    """Return the error number and its origin, for the parentheses; "" if there is none."""
    name = type(error).__name__
    if name[:3] == "SSL":
        return "OpenSSL: %s" % (getattr(error, "reason", None) or name)
    if number < -255:
        return "mbedtls -0x%04x" % -number
    return "errno %d" % number if number else ""


def _behind(error, number):
    text = detail(error, number)
    return " (%s)" % text if text else ""


def _meaning(error, number):
    # The error in words; None for a connection that ended without a reason.
    name = type(error).__name__
    if isinstance(error, EOFError) or not error.args and name[:10] == "Connection":
        return None
    if name == "gaierror":
        number = _NAMELESS[0]
    elif name in ("TimeoutError", "timeout") or isinstance(error, OSError) and not error.args:
        number = _TIMEOUT[0]
    for key in _NAMES:
        if number and number == getattr(errno, key, 0):
            return _NAMES[key]
    for numbers, meaning in _MEANINGS:
        if number in numbers:
            return meaning
    text = getattr(error, "strerror", None) or (error.args[-1] if error.args else "")
    if isinstance(text, str) and text and isinstance(error, (OSError, ValueError)):
        return text.strip()
    if number or isinstance(error, MemoryError):
        return "it failed" if number else "out of memory"
    text = str(error).strip()
    return "%s: %s" % (name, text) if text else name


def _mqtt(where, error, opening, plain):
    text, code = error.args
    if text.endswith("refused the connection") and 0 < code < 6:
        return "%s refused the device: %s." % (where, _REFUSED[code]), code == 3
    strange = "packet" in text or text[:9] in ("malformed", "reserved ")
    if opening and (strange or text.endswith("refused the connection")):
        hint = "it may speak TLS, and ssl_params=None is plain TCP" if plain else "it may belong to another service"
        return "%s does not seem to speak MQTT (%s). Check the port: %s." % (where, text, hint), False
    return "Lost the link to %s: %s." % (where, text), True


def _tls(client, where, error, number, opening):
    # As `diagnose`, for errors of TLS; None for others.
    refused = isinstance(error, ValueError) and (opening or "ertificate" in str(error))
    if number > -256 and type(error).__name__[:3] != "SSL" and not refused:
        return None
    try:
        from .tls import diagnose

        return diagnose(client, where, error, number, opening)
    finally:
        forget("diagnosis.tls")  # also after an exception: it refers to this module, which is unloaded, too


def closed(client, where: str, error: Exception, number: int) -> tuple:
    """Return the result of `diagnose` for a connection that ended without a reason before the log-in was answered."""
    behind = _behind(error, number)
    params = client.ssl_params
    if params and params.get("keyfile"):
        # With TLS 1.3 a server checks the certificate after its own part of the handshake is done.
        text = (
            "%s probably refused the device's certificate: it closed the connection at once%s. Check keyfile and "
            "certfile, and the port."
        )
        return text % (where, behind), False
    hint = "it may not speak TLS, or may require a certificate"
    if params is None:
        hint = "it may speak TLS, and ssl_params=None is plain TCP"
    text = "%s closed the connection before it answered the log-in%s. If it does so again, check the port: %s."
    return text % (where, behind, hint), True


def hint_same_id(client):
    """Log once why several connections in a row may have ended soon: a server ends the older of two connections with
    the same client identifier."""
    if not getattr(client, "hinted", False):
        client.hinted = True
        log(
            30,
            "%s:%d has ended several connections in a row soon after they began. Does another board or program use "
            "the same device id (%s)?" % (client.server, client.port, client.device_id),
        )
