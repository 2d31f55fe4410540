"""Print how many messages of N values a client encodes and decodes per second: CBOR, SenML, properties, no network.

Arguments: the message to decode in hex, N, seconds for a round. Runs on CPython too.
"""

import sys
import time

VALUES = ("count", 7), ("temperature", 21.5), ("text", "hello"), ("level", 100000), ("led", True)
ROUNDS = 5


def ours(message, properties):
    """Return (make, take), functions without arguments."""
    from arduino_iot_cloud.cbor import Writer
    from arduino_iot_cloud.session import Session

    session = Session("device", {p.name: p for p in properties})
    session.on_value = lambda p: None
    buffer = bytearray(1024)
    writer = Writer(buffer)

    def make():
        for p in properties:
            p.changed = 1
        writer.pos = 0
        session.fill(writer)

    def take():
        session.values(message, 0, len(message), False, 0)

    return make, take


def official(message, properties):
    """Return (make, take), which do what the official client's poll_mqtt and mqtt_callback do."""
    from senml import SenmlPack

    pack = SenmlPack("", lambda *arguments, **options: None)

    def make():
        pack.clear()
        for p in properties:
            p.add_to_pack(pack, push=True)
        pack.to_cbor()

    def take():
        pack.clear()
        for p in properties:
            p.add_to_pack(pack)
        pack.from_cbor(message)
        pack.clear()

    return make, take


def rate(function, seconds):
    """Return the calls per second, the median of several rounds of so many seconds."""
    function()
    rates = []
    for _ in range(ROUNDS):
        n = 0
        start = now = time.time()
        while now - start < seconds:
            for _ in range(20):
                function()
            n += 20
            now = time.time()
        rates.append(n / (now - start))
    return sorted(rates)[ROUNDS // 2]


def main():
    import arduino_iot_cloud as package

    message = bytes(int(sys.argv[1][i : i + 2], 16) for i in range(0, len(sys.argv[1]), 2))
    chosen = VALUES[: int(sys.argv[2])]
    properties = [package.ArduinoCloudObject(name, value=value, on_write=print) for name, value in chosen]
    make, take = (official if hasattr(package.ArduinoCloudClient, "poll_mqtt") else ours)(message, properties)
    take()
    for p, (name, value) in zip(properties, chosen):
        if p.value == value:
            raise ValueError("%s was not taken" % name)
    seconds = float(sys.argv[3])
    print("encode", rate(make, seconds))
    print("decode", rate(take, seconds))


main()
