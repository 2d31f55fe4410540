"""Everything between a listening socket and a protocol: accepting, deadlines, and bounds on connections.

Every listener of the cloud has a `Door`, and all doors share an `Entrance`. Anyone can open a connection, so what a
connection costs before its log-in is bounded: in number, in time and, since nothing is set up for it before its first
byte, in memory.
"""
