"""The parts that `tools/setup` fetches. Each is a module with `is_ready()` and `install()`."""
