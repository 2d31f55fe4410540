"""`tools/soak`: clients that run for long, in simulated worlds and (`real_time/`) in real time."""
