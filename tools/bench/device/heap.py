"""Print the heap that a client takes: import, five properties, the modules given as arguments, and the driver."""

import sys

from heap_used import used


def main():
    start = used()
    import asyncio  # noqa: F401

    from arduino_iot_cloud import ArduinoCloudClient

    print("import", used() - start)
    device = "4e3c7a52-0f5d-4b6c-9d41-1c2f9a5b7e10"
    client = ArduinoCloudClient(device, username=device, password="a secret of 24 characters")
    client.register("led", value=False, on_write=print)
    client.register("count", value=0)
    client.register("temperature", value=21.5)
    client.register("text", value="hello")
    client.register("level", value=7, on_write=print)
    print("construct", used() - start)
    for name in sys.argv[1:]:
        before = used()
        __import__("arduino_iot_cloud." + name)
        print(name, used() - before)
    if not hasattr(ArduinoCloudClient, "poll_mqtt"):  # the official client has it
        client._run(True)
        print("driver", used() - start)
    import micropython

    micropython.qstr_info()


main()
