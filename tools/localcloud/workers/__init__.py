"""Several processes that share the work, with an external MQTT broker and PostgreSQL.

Devices connect to the broker (mosquitto with its dynamic security), not to us. Each worker is a whole local
cloud without an embedded broker: it serves the API and takes its share of what devices send.

Layers, each knowing only those before it: `address`, `connection` (MQTT), `security` (access rights at the
broker), `coordination` (which worker has which partition), `roster` (what the broker should know about
devices), `intake` (messages from devices), `presence`, `events` (between workers), `worker` (all of it).
`broker_config` writes mosquitto's files.
"""
