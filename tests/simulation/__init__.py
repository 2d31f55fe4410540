"""A world in which the client lives months in seconds: see README.md."""
