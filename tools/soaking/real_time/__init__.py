"""`tools/soak --real`: clients that run in real time, over TLS against mosquitto."""
