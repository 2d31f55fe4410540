"""Several processes that share the work beside an MQTT broker and a PostgreSQL that others run.

Devices connect to the broker (mosquitto with its dynamic security), not to us. Each worker is a whole local
cloud without a broker of its own: it serves the API and takes its share of what devices send.

Layers, each knowing only those before it: `address`, `connection` (MQTT), `security` (who may do what at
the broker), `coordination` (who takes what), `roster` (what the broker should know of devices), `intake`
(messages of devices), `presence`, `events` (among workers), `worker` (all of it). `broker_config` writes
mosquitto's files.
"""
