"""Write a body as JSON, after checking its values: MicroPython's json silently writes what is not JSON."""

import json

from arduino_iot_cloud.port import const

_DEPTH = const(32)


def encoded(operation: str, body) -> bytes:
    """`body` as JSON. Raises TypeError or ValueError that names the part that cannot be written."""
    _check(operation, body, "body", 0)
    return json.dumps(body).encode()


def _check(operation, value, name, depth):
    if depth > _DEPTH:
        raise ValueError("%s: %s… is nested more than %d deep" % (operation, name[:60], _DEPTH))
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError("%s: a name in %s is text, not %r" % (operation, name, key))
            _check(operation, value[key], "%s['%s']" % (name, key), depth + 1)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _check(operation, item, "%s[%d]" % (name, i), depth + 1)
    elif isinstance(value, float):
        if value - value != 0:  # infinite, or not a number
            raise ValueError("%s: %s is %s, which is not in JSON" % (operation, name, value))
    elif value is not None and not isinstance(value, (str, int, bool)):
        raise TypeError(
            "%s: %s is a dict, list, text, number, bool or None, not %s" % (operation, name, type(value).__name__)
        )
