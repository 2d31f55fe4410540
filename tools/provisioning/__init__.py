"""`tools/provision`: from an empty board to a device that runs. docs/provisioning.md tells users."""
