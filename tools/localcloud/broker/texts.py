"""The UTF-8 texts in an MQTT packet. amqtt makes some other text of what is no UTF-8, and goes on."""

from typing import Iterator

from amqtt.mqtt.packet import CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE

from .framing import ProtocolViolation

_WILL, _USERNAME = 0x04, 0x80


def check(packet_type: int, body: bytes) -> None:
    """Raise `ProtocolViolation` for a text that MQTT does not allow (3.1.1, 1.5.3). It ends the connection."""
    for text in _texts(packet_type, body):
        try:
            allowed = "\0" not in text.decode()
        except UnicodeDecodeError:
            allowed = False
        if not allowed:
            raise ProtocolViolation("packet of type %d with a text that is not UTF-8, or has a NUL" % packet_type)


def _texts(packet_type: int, body: bytes) -> Iterator[bytes]:
    """Yield topics and names. A body that ends too early is for amqtt's parser to refuse."""
    if packet_type == PUBLISH:
        yield _text(body, 0)
    elif packet_type in (SUBSCRIBE, UNSUBSCRIBE):
        at, after = 2, int(packet_type == SUBSCRIBE)
        while at < len(body):
            text = _text(body, at)
            yield text
            at += 2 + len(text) + after
    elif packet_type == CONNECT:
        name = _text(body, 0)
        yield name
        at = 2 + len(name) + 4
        flags = body[at - 3] if at <= len(body) else 0
        # The will's message is no text, nor is the password, which would come last.
        for has_it, is_text in ((True, True), (flags & _WILL, True), (flags & _WILL, False), (flags & _USERNAME, True)):
            if has_it:
                text = _text(body, at)
                at += 2 + len(text)
                if is_text:
                    yield text


def _text(body: bytes, at: int) -> bytes:
    """Return the text whose length is at this place."""
    length = int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : at + 2 + length]
