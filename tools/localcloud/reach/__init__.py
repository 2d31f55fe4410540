"""Where a cloud listens, how it is reached, and whose word about that is taken."""
