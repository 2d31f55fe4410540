"""A world in which the client lives for months within seconds. See README.md."""
