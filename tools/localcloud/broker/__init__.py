"""The embedded MQTT 3.1.1 broker: amqtt 0.12, and what it lacks.

The broker knows clients and topics, but not devices and things. It asks a `Gatekeeper` what a client
may do, and passes every message to it.
"""
