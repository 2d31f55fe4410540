"""`tools/soak`: clients that run for long, in simulated worlds and (`real.py`) in real time."""
