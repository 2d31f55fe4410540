"""Why a connection failed or ended: the words for each error of a network or of TLS, and whether waiting may heal it."""

from arduino_iot_cloud.diagnosis import diagnose
from arduino_iot_cloud.mqtt import MQTTError
from arduino_iot_cloud.port import timestamp

WHERE = "cloud.test:8883"
AT_THE_CERTIFICATE = WHERE + " refused the device's certificate, it seems: it closed the connection at once."


class Driver:
    def __init__(self, stream):
        self.stream = stream


class Client:
    """What `diagnose` asks of an ArduinoCloudClient."""

    server, port = "cloud.test", 8883

    def __init__(self, password, stream):
        self.password = password
        self.driver = Driver(stream)


def said(error, password="secret", stream=None):
    return diagnose(Client(password, stream), error)


def test_a_connection_that_ends_in_the_handshake_is_laid_to_the_device_certificate_where_there_is_one():
    for error in (EOFError(), OSError(104), OSError(32), OSError(54), OSError(10054)):
        text, heals = said(error, password=None)
        assert text.startswith(AT_THE_CERTIFICATE) and not heals


def test_a_connection_that_ends_later_or_without_a_certificate_is_a_lost_link():
    for options in ({"password": None, "stream": object()}, {}):
        assert said(EOFError(), **options) == (WHERE + " closed the connection.", True)
        for number in (104, 32):
            text, heals = said(OSError(number), **options)
            assert text.startswith("Lost the link to %s: " % WHERE) and heals


def test_an_alert_of_tls_is_a_refused_certificate():
    for error in (OSError(-0x7780, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"), OSError(1, "tlsv1 alert unknown ca")):
        text, heals = said(error, password=None)
        assert text.startswith(WHERE + " refused the device's certificate (") and not heals


def test_what_is_wrong_with_the_server_certificate_is_said():
    assert timestamp(), "the clock of this machine is not set"
    for text, meaning in (
        ("The certificate is not correctly signed by the trusted CA", "its root certificate is not trusted"),
        ("certificate verify failed: unable to get local issuer certificate", "its root certificate is not trusted"),
        ("The certificate Common Name (CN) does not match with the expected CN", "it is made out to another name"),
        ("The certificate validity has expired", "it has expired"),
        ("The certificate validity starts in the future", "it is not yet valid"),
    ):
        assert said(ValueError(text)) == ("The certificate of %s is refused: %s." % (WHERE, meaning), False)
    assert said(ValueError("odd")) == ("The TLS connection to %s failed: odd." % WHERE, False)


def test_what_waiting_heals_is_told_from_what_it_does_not():
    for error, part, heals in (
        (OSError(111), "is not there (connection refused)", True),
        (OSError(113), "is not there (connection refused)", True),
        (OSError(-2), "No network: ", True),
        (OSError(101), "No network: ", True),
        (OSError(110), "does not answer", True),
        (OSError(116), "does not answer", True),
        (OSError(), "does not answer", True),
        (MemoryError(), "Out of memory", True),
        (MQTTError("the server refused the connection", 5), "wrong device id or secret key, or not authorised", False),
        (MQTTError("the server refused the connection", 3), "the service is not available", True),
        (MQTTError("the server does not answer", 0), "Lost the link to %s: the server does not answer" % WHERE, True),
    ):
        text, healing = said(error)
        assert part in text and healing is heals, (error, text)
