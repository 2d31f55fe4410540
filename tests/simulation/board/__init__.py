"""Whole boards in the simulated world: `Device`, network, clock, watchdog, key store and set-up page."""
