"""What comes from the cloud and is larger than the buffer: reported, since nothing else can be done with it."""

from .port import log, ticks_ms

_LAST_VALUES = b"\xda\x00\x01\x06\x00"  # the tag of LastValuesUpdate, as in `messages`


def report(driver):
    """Report the packet that `driver.mqtt` is draining. Its beginning is still at the start of the receive buffer."""
    mqtt = driver.mqtt
    driver.oversized = mqtt.oversized
    rx = mqtt.rx
    n = shift = 0
    pos = 1
    while True:
        b = rx[pos]
        pos += 1
        n |= (b & 127) << shift
        shift += 7
        if b < 128:
            break
    topic = bytes(rx[pos + 2 : pos + 2 + (rx[pos] << 8 | rx[pos + 1])])
    log(
        30,
        "Dropped %d bytes from the cloud on %s: more than buffer=%d holds, see ArduinoCloudClient"
        % (pos + n, topic, len(rx)),
    )
    pos += 2 + len(topic) + (2 if rx[0] & 6 else 0)
    if topic.endswith(b"/shadow/i") or bytes(rx[pos : pos + 5]) == _LAST_VALUES:
        missed(driver.session, ticks_ms())


def missed(session, now: int):
    """The last values did not fit: go on without them, instead of asking for them again and again."""
    if session.state == "RequestLastValues":
        session.message(("/a/t/%s/shadow/i" % session.thing_id).encode(), b"\x80", 0, 1, now)
