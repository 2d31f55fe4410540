"""`tools/provision`: turn an empty board into a running device. For users: docs/provisioning.md."""
