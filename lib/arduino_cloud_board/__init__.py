"""What boards share: Wi-Fi and Ethernet, the set-up page, key stores, settings, the board's own facts.

The public names are found, and their modules imported, when they are first used: see `names`. A module by its own
name is imported as usual: `from arduino_cloud_board import key_store`.
"""


def __getattr__(name):
    from .names import find

    return find(name)
