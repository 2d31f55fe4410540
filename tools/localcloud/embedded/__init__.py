"""The devices and users of a local cloud with an embedded broker.

With an external broker `workers` takes its place. Layers, each knowing only those before it: `devices` and `users`
(which are admitted, what they may do, how to reach them), `gate` (tells devices and users apart), `side` (all of it,
with the broker and its listeners).
"""
