"""Why a connection failed or ended: the words for each error of a network or of TLS, and whether waiting may help."""

import sys

import arduino_iot_cloud.port as port
from arduino_iot_cloud.diagnosis import diagnose, explain, hint_same_id, reason
from arduino_iot_cloud.mqtt import MQTTError
from portable_assert import raises
from reports import Reports

WHERE = "cloud.test:8883"
REFUSED = WHERE + " refused the TLS handshake: "
OF_DEVICE = WHERE + " refused the device's certificate"
PROBABLY = WHERE + " probably refused the device's certificate"
EARLY = WHERE + " closed the connection before it answered the log-in"
MICROPYTHON = sys.implementation.name == "micropython"
CERTIFICATE = {"keyfile": "k", "certfile": "c"}
OPEN = object()
MBEDTLS = (-0x7280, -0x7880, -0x7200, -0x7700, -0x7780, -0x6E80, -0x6E00, -0x6800, -0x7180, -0x2700, -0x7F00, -0x6100)
SOCKETS = (1, 5, 9, 11, 12, 13, 16, 19, 23, 24, 32, 54, 57, 60, 61, 65, 100, 101, 103, 104, 105, 107, 110, 111, 112, 113, 999)


class Driver:
    def __init__(self, stream):
        self.stream = stream


class Client:
    """The attributes of an ArduinoCloudClient that `diagnosis` uses; `stream` None: not logged in yet."""

    server, port = "cloud.test", 8883
    device_id = "d0d0"
    password = "secret"
    error = None

    def __init__(self, ssl_params={}, stream=None):
        self.ssl_params = ssl_params
        self.driver = Driver(stream)


def said(error, ssl_params={}, stream=None):
    return diagnose(Client(ssl_params, stream), error)


def openssl(reason):
    """The error that CPython raises for an OpenSSL reason."""
    import ssl

    error = ssl.SSLError(1, "[SSL: %s] %s (_ssl.c:1006)" % (reason, reason.lower().replace("_", " ")))
    error.reason = reason
    return error


class Clock:
    """`with Clock(now):` sets the device's clock to a Unix time."""

    def __init__(self, now):
        self._now = now

    def __enter__(self):
        self._real = port.time
        port.time = lambda: self._now - port.EPOCH

    def __exit__(self, *_):
        port.time = self._real


# The end of a connection


def test_a_connection_that_ends_in_the_handshake_is_laid_to_the_device_certificate_where_there_is_one():
    for error in (EOFError(), OSError(104), OSError(32), OSError(-32), OSError(54), OSError(10054), OSError(-0x7280)):
        text, heals = said(error, CERTIFICATE)
        assert text.startswith(PROBABLY + ": it closed the connection at once"), text
        assert "Check keyfile and certfile, and the port." in text and not heals


def test_a_connection_that_ends_before_the_log_in_is_answered_points_at_the_port():
    for error in (EOFError(), OSError(104), OSError(-32), OSError(-0x7280), OSError(-0x7880)):
        text, heals = said(error)
        assert text.startswith(EARLY) and "check the port: it may not speak TLS" in text and heals, text
    for error in (EOFError(), OSError(104), OSError(32)):
        text, heals = said(error, None)
        assert text.startswith(EARLY) and "it may speak TLS, and ssl_params=None is plain TCP" in text and heals, text


def test_a_connection_that_ends_later_is_a_lost_link():
    for params in ({}, CERTIFICATE, None):
        assert said(EOFError(), params, OPEN) == (WHERE + " closed the connection.", True)
        for number in (104, 54, 10054):
            text, heals = said(OSError(number), params, OPEN)
            assert text == "Lost the link to %s: the connection was reset (errno %d)." % (WHERE, number) and heals
    for number in (-0x7280, -0x7880):
        assert said(OSError(number), {}, OPEN) == (WHERE + " closed the connection.", True)
    text, heals = said(OSError(-0x7180, "MBEDTLS_ERR_SSL_INVALID_MAC"), {}, OPEN)
    assert text == "Lost the link to %s: TLS failed (mbedtls -0x7180)." % WHERE and heals


# Errors of TLS


def test_an_alert_of_mbedtls_names_what_may_have_been_refused():
    error = OSError(-0x7780, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE")
    text, heals = said(error)
    assert text.startswith(REFUSED) and "TLS versions or ciphers" in text and not heals
    assert "requires a device certificate" in text and "'cloud.test'" in text and text.endswith("(mbedtls -0x7780).")
    assert "'other.test'" in said(error, {"server_hostname": "other.test"})[0]
    text, heals = said(error, CERTIFICATE)
    assert text.startswith(REFUSED + "the device's certificate, its TLS versions") and not heals
    assert text.endswith("(mbedtls -0x7780). Check keyfile and certfile first.")


def test_an_alert_of_openssl_is_said_as_what_it_is():
    if MICROPYTHON:
        return
    for alert, words in (
        ("TLSV1_ALERT_PROTOCOL_VERSION", "it accepts none of this device's TLS versions"),
        ("UNSUPPORTED_PROTOCOL", "it accepts none of this device's TLS versions"),
        ("TLSV1_ALERT_INSUFFICIENT_SECURITY", "it accepts none of this device's ciphers"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "it accepts none of this device's ciphers"),
        ("TLSV1_UNRECOGNIZED_NAME", "it does not know the name 'cloud.test'"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "it requires a device certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "it requires a device certificate"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "it requires a device certificate"),
        ("SSLV3_ALERT_ILLEGAL_PARAMETER", "it gives no further reason"),
    ):
        text, heals = said(openssl(alert))
        assert text.startswith(REFUSED + words) and not heals, text
        assert text.endswith("(OpenSSL: %s)." % alert), text
    text, heals = said(openssl("TLSV1_ALERT_INTERNAL_ERROR"))
    assert "internal error" in text and heals
    text, heals = said(openssl("TLSV1_ALERT_UNKNOWN_CA"), stream=OPEN)
    assert text == "Lost the link to %s: TLS failed (OpenSSL: TLSV1_ALERT_UNKNOWN_CA)." % WHERE and heals


def test_only_a_device_that_has_a_certificate_hears_of_one_that_is_refused():
    if MICROPYTHON:
        return
    for alert, words in (
        ("TLSV1_ALERT_UNKNOWN_CA", "its root is unknown there"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "it has expired"),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", "it has been revoked"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "it is not accepted"),
        ("TLSV1_ALERT_ACCESS_DENIED", "it is not accepted"),
    ):
        wanted = "%s: %s (OpenSSL: %s). Check keyfile and certfile." % (OF_DEVICE, words, alert)
        assert said(openssl(alert), CERTIFICATE) == (wanted, False)
        assert OF_DEVICE not in said(openssl(alert))[0]
    for alert in ("TLSV1_ALERT_PROTOCOL_VERSION", "TLSV1_ALERT_INSUFFICIENT_SECURITY", "TLSV1_UNRECOGNIZED_NAME"):
        assert OF_DEVICE not in said(openssl(alert), CERTIFICATE)[0]


def test_a_listener_without_tls_points_at_the_port():
    errors = [OSError(-0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD"), OSError(-0x7200)]
    if not MICROPYTHON:
        errors = [openssl(name) for name in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")]
    for error in errors:
        text, heals = said(error)
        assert text.startswith(WHERE + " does not seem to speak TLS (") and "Check the port: 8884" in text and not heals


def test_a_listener_that_speaks_something_else_points_at_the_port():
    for text in ("the server refused the connection", "malformed packet", "unexpected packet"):
        for params, hint in ((None, "it may speak TLS"), ({}, "another service")):
            found, heals = said(MQTTError(text, 0x15), params)
            assert found.startswith(WHERE + " does not seem to speak MQTT (%s). Check the port" % text), found
            assert hint in found and not heals
        assert said(MQTTError("unexpected packet", 0), {}, OPEN) == ("Lost the link to %s: unexpected packet." % WHERE, True)


def test_what_is_wrong_with_the_server_certificate_is_said():
    for text, meaning in (
        ("\nThe certificate is not correctly signed by the trusted CA\n", "its root certificate is not trusted"),
        ("certificate verify failed: unable to get local issuer certificate", "its root certificate is not trusted"),
        ("The certificate Common Name (CN) does not match with the expected CN", "it was issued for another name"),
        ("The certificate is signed with an unacceptable hash.", "its key or its signature is too weak"),
        ("certificate verify failed: EE certificate key too weak", "its key or its signature is too weak"),
        ("The certificate has been revoked (is on a CRL)", "it has been revoked"),
    ):
        for stream in (None, OPEN):  # whether logged in or not
            assert said(ValueError(text), stream=stream) == (
                "The certificate of %s is refused: %s." % (WHERE, meaning), False
            )  # fmt: skip
    for text, meaning in (
        ("The certificate validity has expired", "it has expired"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1)", "it has expired"),
        ("The certificate validity starts in the future", "it is not yet valid"),
    ):
        with Clock(2208988800 + 3600):
            found, heals = said(ValueError(text))
        assert found == (
            "The certificate of %s is refused: %s. The device's clock shows 2040-01-01 01:00 UTC: if that is wrong, set it."
            % (WHERE, meaning)
        ) and not heals, found
    with Clock(1000):
        found, heals = said(ValueError("The certificate validity starts in the future"))
    assert "cannot be checked: the clock is not set" in found and heals
    assert said(ValueError("odd")) == ("The TLS connection to %s failed: odd." % WHERE, False)
    found, heals = said(ValueError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: CA cert has no key (_ssl.c:1)"))
    assert found == "The TLS connection to %s failed: certificate verify failed: CA cert has no key." % WHERE


# Errors of the network


def test_what_waiting_heals_is_told_from_what_it_does_not():
    for error, part, heals in (
        (OSError(111), "refused the connection. The service may be down.", True),
        (OSError(113), "no route to it (errno 113)", True),
        (OSError(-2), "No network: ", True),
        (OSError(101), "No network: ", True),
        (OSError(110), "does not answer", True),
        (OSError(116), "does not answer", True),
        (OSError(), "does not answer", True),
        (OSError(12), "Out of memory", True),
        (OSError(-0x7F00), "Out of memory on the way to cloud.test:8883 (mbedtls -0x7f00).", True),
        (MemoryError(), "Out of memory", True),
        (MQTTError("the server refused the connection", 5), "wrong device id or secret key, or not authorised", False),
        (MQTTError("the server refused the connection", 3), "the service is not available", True),
        (MQTTError("the server does not answer", 0), "Lost the link to %s: the server does not answer" % WHERE, True),
        (OSError("the name server 192.0.2.53 does not answer"), ": the name server 192.0.2.53 does not answer.", True),
        (KeyError("t"), "%s cannot be reached: KeyError: " % WHERE, True),
    ):
        text, healing = said(error)
        assert part in text and healing is heals, (error, text)


def test_several_addresses_that_refuse_are_one_refusal():
    error = OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1), [Errno 111] Connect call failed")
    assert said(error)[0].startswith(WHERE + " refused the connection.")


def test_no_message_is_a_number_alone_or_ends_in_nothing():
    errors = [OSError(number) for number in SOCKETS] + [OSError(-number) for number in SOCKETS]
    errors += [OSError(number) for number in MBEDTLS] + [OSError(number, "SSL - text") for number in MBEDTLS]
    errors += [OSError(number) for number in (-1, -2, -3, -4, -5, -6, -202)]
    errors += [EOFError(), OSError(), MemoryError(), ValueError(), KeyError(5), AssertionError(), IndexError("index")]
    for error in errors:
        for params in ({}, CERTIFICATE, None):
            for stream in (None, OPEN):
                check_words(diagnose(Client(params, stream), error)[0].replace(WHERE, "there"), error)
        check_words(reason(error), error)


def check_words(text, error):
    """Insist on words; numbers other than ports belong in parentheses."""
    bare = text.rstrip(".")
    assert bare and bare[-1] not in ":( " and ": ." not in text and ": (" not in text and "()" not in text, (text, error)
    outside = ""
    depth = 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if not depth:
            outside += c
    for number in ("8884", "8885", "8443", "1883", "443", "80"):
        outside = outside.replace(number, "")
    assert not [c for c in outside if c.isdigit()] or isinstance(error, KeyError), (text, error)


def test_a_reason_is_never_empty():
    for error, text in (
        (OSError(110), "no answer in time (errno 110)"),
        (OSError(), "no answer in time"),
        (OSError(-2), "its name was not found (errno -2)"),
        (OSError("[addrinfo error -2]"), "its name was not found (errno -2)"),
        (EOFError(), "the connection was closed"),
        (ValueError("a refusal"), "a refusal"),
        (MemoryError(), "out of memory"),
    ):
        assert reason(error) == text
    try:
        from asyncio import TimeoutError
    except ImportError:
        from asyncio.core import TimeoutError
    assert reason(TimeoutError()) == "no answer in time"


# Reasons that are reported once


def test_an_unchanged_reason_is_a_warning_once():
    client = Client()
    with Reports() as reports:
        assert [explain(client, OSError(110)) for _ in range(3)] == [True] * 3
        assert not explain(client, ValueError("odd"))
    assert reports.levels == [30, 20, 20, 40]
    assert client.error == reports.texts[-1]


def test_the_hint_at_another_device_with_the_same_id_is_given_once():
    client = Client()
    with Reports() as reports:
        for _ in range(3):
            hint_same_id(client)
    assert len(reports.texts) == 1 and "use the same device id (d0d0)" in reports


def test_what_words_are_looked_up_with_does_not_stay():
    if MICROPYTHON:
        said(OSError(-0x7780))
        assert "arduino_iot_cloud.diagnosis.tls" not in sys.modules
    raises(AttributeError, lambda: Client().nothing)
