"""What went wrong with the link, in words that say what to do; the numbers are behind them, in parentheses.

What TLS has to say is in `tls`, what a callback or a packet raised in `faults`.

Comes and goes: a driver imports it when a connection has ended, and unloads it with the next one.
"""

import errno

from ..mqtt import MQTTError
from ..port import forget, log, report as report

# `report` is here, too, since both are about what went wrong.

# Return codes of CONNACK, MQTT 3.1.1 section 3.2.2.3
_REFUSED = (
    None,
    "it does not speak MQTT 3.1.1",
    "it does not take this device id as client identifier",
    "the service is not available",
    "wrong device id or secret key",
    "wrong device id or secret key, or not authorised",
)

# Numbers of an OSError -> what they mean: those of Linux and lwIP, BSD and macOS, Windows.
_NAMELESS = (-2, -3, -4, -5, -6, -202)  # of getaddrinfo
_TIMEOUT = (110, 116, 60, 10060, 11)
_MEANINGS = (
    ((104, 54, 10054), "the connection was reset"),
    ((32, 107, 128, 57, 9), "the connection was closed"),
    ((103, 53, 10053), "the attempt was given up"),
    ((111, 61, 10061), "connection refused"),
    ((113, 112, 65, 64, 10065), "there is no way to it"),
    ((101, 118, 51, 100, 50, 10051), "there is no network"),
    (_TIMEOUT, "no answer in time"),
    (_NAMELESS, "its name was not found"),
    ((12,), "out of memory"),
    ((23, 24, 105, 55), "there is no room for another socket"),
    ((98, 48, 10048), "the address is in use"),
    ((1, 13), "it is not permitted"),
    ((19, 16), "the network is not ready"),
    ((28,), "there is no space left"),
    ((30,), "nothing can be written there"),
)
# On ESP32, whose numbers are newlib's, these are others.
_NAMES = {"ECONNABORTED": "the attempt was given up", "EADDRINUSE": "the address is in use"}


def explain(client, error: Exception) -> bool:
    """Log why the connection to the cloud failed or ended, an unchanged reason once as a warning and then as
    information. Returns whether waiting may heal it."""
    text, heals = diagnose(client, error)
    log(20 if text == client.error else 30 if heals else 40, text)
    client.error = text
    return heals


def diagnose(client, error: Exception) -> tuple:
    """The reason in plain words (str), and whether waiting may heal it (bool).

    client: an ArduinoCloudClient, or what has its `server`, `port`, `ssl_params` and `driver`. Where the driver's
    `stream` is None, the connection failed before its log-in was answered.
    """
    where = "%s:%d" % (client.server, client.port)
    opening = not getattr(client.driver, "stream", True)
    plain = client.ssl_params is None
    if isinstance(error, MQTTError):
        return _mqtt(where, error, opening, plain)
    number = number_of(error)
    if isinstance(error, MemoryError) or number in (12, -0x7F00, -0x2880, -0x0010):  # the latter of mbedtls
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
        return "%s is not there (connection refused). The service may be away." % where, True
    if meaning == "no answer in time":
        return "%s does not answer." % where, True
    if number in _NAMELESS or number in (101, 118, 51, 100) or meaning == "its name was not found":
        return "No network: %s cannot be reached, %s%s. Is Wi-Fi up?" % (where, meaning, behind), True
    return "Lost the link to %s: %s%s." % (where, meaning, behind), True


def reason(error: Exception) -> str:
    """Why something failed on the network or in a file, in a few words with the number behind them; never empty."""
    number = number_of(error)
    meaning = _meaning(error, number) or "the connection was closed"
    return meaning + _behind(error, number)


def number_of(error) -> int:
    """The number of an OSError, also where it is only part of its text; 0 where there is none."""
    if not isinstance(error, OSError) or not error.args or type(error).__name__[:3] == "SSL":
        return 0
    number = error.args[0]
    if isinstance(number, str):  # "Multiple exceptions: [Errno 111] …, [Errno 111] …", "[addrinfo error -2]"
        for mark in ("[Errno ", "[addrinfo error "):
            found = number.partition(mark)[2].partition("]")[0]
            if found.lstrip("-").isdigit():
                return int(found)
        return 0
    # TLS hands on what the socket beneath it said, with a minus.
    return -number if number in (-32, -104, -54, -103, -110, -113) else number


def detail(error, number: int) -> str:
    """What goes into the parentheses: the number, and whose it is; "" where there is none."""
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
    # In words; None for an end of the connection that nobody explained.
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
        hint = "it may speak TLS, and ssl_params=None is plain TCP" if plain else "it may be that of another service"
        return "%s does not speak MQTT, it seems (%s). Check the port: %s." % (where, text, hint), False
    return "Lost the link to %s: %s." % (where, text), True


def _tls(client, where, error, number, opening):
    # What TLS says about its own errors; None for others.
    refused = isinstance(error, ValueError) and (opening or "ertificate" in str(error))
    if number > -256 and type(error).__name__[:3] != "SSL" and not refused:
        return None
    try:
        from .tls import diagnose

        return diagnose(client, where, error, number, opening)
    finally:
        forget("diagnosis.tls")  # whatever happens: it holds on to this module, which is let go of, too


def closed(client, where: str, error: Exception, number: int) -> tuple:
    """As `diagnose`, where the connection ended before the log-in was answered, and nobody said why."""
    behind = _behind(error, number)
    params = client.ssl_params
    if params and params.get("keyfile"):
        # A server that speaks TLS 1.3 looks at the certificate after its own part of the handshake is done.
        text = (
            "%s refused the device's certificate, it seems: it closed the connection at once%s. Check keyfile and "
            "certfile, and the port."
        )
        return text % (where, behind), False
    hint = "it may speak no TLS, or take nobody without a certificate"
    if params is None:
        hint = "it may speak TLS, and ssl_params=None is plain TCP"
    text = "%s closed the connection before it answered the log-in%s. If it does so again, check the port: %s."
    return text % (where, behind, hint), True


def hint_same_id(client):
    """Say once, after several connections in a row that ended soon, what may be behind it: a server ends the older of
    two connections with the same client identifier."""
    if not getattr(client, "hinted", False):
        client.hinted = True
        log(
            30,
            "%s:%d has ended several connections in a row soon after they began. Is there another connection with the "
            "same device id (%s), of another board or program?" % (client.server, client.port, client.device_id),
        )
