"""What boards share: Wi-Fi and Ethernet, the set-up page, key stores, settings, the board's own facts.

A public name's module is imported when the name is first used: see `names`. Modules can be imported as usual:
`from arduino_cloud_board import key_store`.
"""


def __getattr__(name):
    from .names import find

    return find(name)
