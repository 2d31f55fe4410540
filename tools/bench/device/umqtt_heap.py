"""Print the heap that umqtt.simple takes once imported and once constructed."""

from heap_used import used


def main():
    start = used()
    from umqtt.simple import MQTTClient

    print("import", used() - start)
    client = MQTTClient("4e3c7a52-0f5d-4b6c-9d41-1c2f9a5b7e10", "127.0.0.1", keepalive=10)  # noqa: F841 -- it is what is measured
    print("construct", used() - start)


main()
