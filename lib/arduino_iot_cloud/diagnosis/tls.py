"""The errors of TLS, from mbedtls and OpenSSL, in words: which side refused what.

Temporary: `diagnosis` imports it for an error of TLS, then unloads it.
"""

from time import gmtime

from ..port import EPOCH, timestamp
from . import closed, detail

# Parts of an error's text, and what is wrong with the server's certificate.
_CERTIFICATE = (
    ("not correctly signed|unable to get|self-signed|self signed", "its root certificate is not trusted"),
    ("does not match|mismatch|not valid for", "it was issued for another name"),
    ("expired", "it has expired"),
    ("starts in the future|not yet valid", "it is not yet valid"),
    ("revoked", "it has been revoked"),
    ("unacceptable|too small|too weak|too short", "its key or its signature is too weak"),
)

# Parts of the name of an alert (RFC 8446, section 6.2) or of an error on this side, and what was refused.
_VERSION = "protocol version|inappropriate fallback|unsupported protocol|protocol version not"
_CIPHERS = "insufficient security|no shared cipher|no ciphers available|wrong cipher|unsupported extension"
_OF_DEVICE = (
    ("unknown ca", "its root is unknown there"),
    ("certificate expired", "it has expired"),
    ("certificate revoked", "it has been revoked"),
    ("bad certificate|unsupported certificate|certificate unknown|access denied|decrypt error", "it is not accepted"),
)
_NO_TLS = "wrong version number|http request|packet length too long|record layer failure|https proxy|not ssl"


def _in(parts, text):
    for part in parts.split("|"):
        if part in text:
            return True
    return False


def diagnose(client, where: str, error: Exception, number: int, opening: bool):
    """Return the result of `diagnosis.diagnose` for an error of TLS.

    number: the error's number, 0 for OpenSSL. opening: whether the log-in has not been answered yet.
    """
    text = str(error)
    if number == -0x2700:
        return "The certificate of %s is refused (%s)." % (where, detail(error, number)), False
    if isinstance(error, ValueError):
        return _certificate(where, text)
    name = (getattr(error, "reason", None) or text).lower().replace("_", " ")
    if number in (-0x7280, -0x7880) or "eof" in name:
        if opening and client.driver:
            return closed(client, where, error, number)
        return "%s closed the connection." % where, True
    behind = detail(error, number)
    if not opening:
        return "Lost the link to %s: TLS failed (%s)." % (where, behind), True
    if number in (-0x7200, -0x7700) or _in(_NO_TLS, name):
        hint = "8884 usually takes a secret key, 8885 a certificate, 8443 is WebSocket, 1883 plain TCP"
        if not client.driver:
            hint = "443 is usually https, 80 http"
        return "%s does not seem to speak TLS (%s). Check the port: %s." % (where, behind, hint), False
    if number == -0x6800:
        return "%s does not answer." % where, True
    if "internal error" in name:
        return "%s had an internal error in the TLS handshake (%s)." % (where, behind), True
    return _refusal(client, where, name, number, behind), False


def _refusal(client, where, name, number, behind):
    # The reason, from the name of an alert or of an error on this side. mbedtls does not name the alert.
    shown = client.ssl_params.get("keyfile") is not None
    server = client.ssl_params.get("server_hostname") or client.server
    for parts, meaning in _OF_DEVICE:
        if shown and _in(parts, name):
            text = "%s refused the device's certificate: %s (%s). Check keyfile and certfile."
            return text % (where, meaning, behind)
    for parts, meaning in _OF_DEVICE:
        if _in(parts, name):
            name = "certificate required"
    if number == -0x7780 and shown:
        text = (
            "%s refused the TLS handshake: the device's certificate, its TLS versions, its ciphers or the name '%s' "
            "(%s). Check keyfile and certfile first."
        )
        return text % (where, server, behind)
    if number == -0x7780:
        why = "it accepts none of this device's TLS versions or ciphers, requires a device certificate, or does "
        why += "not know the name '%s'" % server
    elif number == -0x6E80 or _in(_VERSION, name):
        why = "it accepts none of this device's TLS versions"
    elif number == -0x6E00 or _in(_CIPHERS, name):
        why = "it accepts none of this device's ciphers"
    elif "handshake failure" in name:
        why = "it accepts none of this device's ciphers, or "
        why += "not its certificate" if shown else "requires a device certificate"
    elif "unrecognized name" in name:
        why = "it does not know the name '%s'" % server
    elif "certificate required" in name:
        why = "it requires a device certificate: keyfile and certfile"
    elif "alert" in name:
        why = "it gives no further reason"
    else:
        return "The TLS connection to %s failed (%s)." % (where, behind)
    return "%s refused the TLS handshake: %s (%s)." % (where, why, behind)


def _certificate(where, text):
    for parts, meaning in _CERTIFICATE:
        if _in(parts, text):
            break
    else:
        # Strip the name that OpenSSL puts in front, and its line number at the end.
        text = text.strip().partition("] ")[2] or text.strip() or "no reason is given"
        return "The TLS connection to %s failed: %s." % (where, text.partition(" (_ssl")[0].rstrip(".")), False
    now = timestamp()
    if not now:
        return (
            "The certificate of %s cannot be checked: the clock is not set. Set it, or let NTP through." % where,
            True,
        )
    clock = ""
    if "expired" in meaning or "not yet" in meaning:
        clock = " The device's clock shows %s UTC: if that is wrong, set it." % _date(now)
    return "The certificate of %s is refused: %s.%s" % (where, meaning, clock), False


def _date(now):
    try:
        return "%04d-%02d-%02d %02d:%02d" % gmtime(now - EPOCH)[:5]
    except (OverflowError, ValueError, OSError):  # the calendar of 32-bit ports ends in 2038
        return "the year %d" % (1970 + now // 31556952)
