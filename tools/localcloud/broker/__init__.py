"""The embedded MQTT 3.1.1 broker: amqtt, and what amqtt 0.12 leaves undone.

The broker knows clients and topics, not devices and things: it asks a `Gatekeeper` who may do
what, and hands it every message.
"""
