"""The traffic between devices, users, store and watchers.

`exchange` takes what devices report and sends to them, at either broker. `publishing` stores values from users, `ota`
distributes firmware, and `live` tells watchers what happens.
"""
