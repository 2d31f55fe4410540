"""The exact check that a value fits into a packet."""

from ..cbor import Writer
from ..port import const
from ..senml import label, write_record

# Beside the records: the packet's head, the topic /a/t/{thing}/e/o, the identifier, the array's first and last byte
_AROUND = const(3 + 2 + 45 + 2 + 2)
_NOW = const(0x7FFFFFFF)  # any time, for a value that is sent with one


def check(client, name: str, value):
    """Raise ValueError, with the variable's name, for a value (bool, int, float, str, or a dict of attributes) that
    could never fit into a packet of this client."""
    if isinstance(value, str) and len(value) > client.buffer:
        value = value[: client.buffer]  # even this is too long
    p = client.records.get(name)
    time = _NOW if p and p.policy and (p.policy.timestamp or hasattr(p.policy, "history")) else 0
    writer = Writer(b"")  # only counts bytes
    if isinstance(value, dict):
        for key in value:
            if value[key] is not None:
                write_record(writer, label(name + ":" + key), value[key], time)
    elif value is not None:
        write_record(writer, label(name), value, time)
    if writer.pos > client.buffer - _AROUND:
        raise ValueError(
            "'%s': %d bytes do not fit a packet of buffer=%d, which has room for %d"
            % (name, writer.pos, client.buffer, client.buffer - _AROUND)
        )
