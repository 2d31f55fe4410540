"""The devices and users of a local cloud that is one process, at the broker in it.

Beside an external broker `workers` takes this place. Layers, each knowing only those before it: `devices` and `users`
(who may come in, what each may do, how each is reached), `gate` (which of the two a client is), `side` (all of it, with
the broker and its listeners).
"""
