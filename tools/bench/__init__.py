"""Figures: what the client takes in memory, how fast it is, beside the official client.

`tools/footprint`, `tools/bench/latency`, `tools/bench/idle` and `tools/bench/codec` are the commands. The
programs in `device/` run on MicroPython, the same ones with both clients.
"""
