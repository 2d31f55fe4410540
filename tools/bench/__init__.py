"""Measure the client's memory and speed, and compare them with the official client's.

The commands are `tools/footprint`, `tools/bench/latency`, `tools/bench/idle`, `tools/bench/codec` and
`tools/bench/cloud`. The programs in `device/` run on MicroPython, the same ones with both clients.
"""
