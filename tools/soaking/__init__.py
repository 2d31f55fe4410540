"""`tools/soak`: run clients for a long time, in simulated worlds and (`real_time/`) in real time."""
