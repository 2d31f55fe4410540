"""What a running cloud looks at from time to time, and what it tells its operator."""
