"""`tools/soak --real`: run clients in real time, over TLS with mosquitto."""
