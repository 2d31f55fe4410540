"""The parts that `tools/setup` fetches, a module each: `is_ready()` and `install()`."""
