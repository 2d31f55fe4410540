"""What passes between devices, users, store and watchers.

`exchange` takes what devices report and reaches them, at whatever broker; `publishing` stores values that come from
users; `ota` hands out firmware; `live` tells watchers what happens.
"""
