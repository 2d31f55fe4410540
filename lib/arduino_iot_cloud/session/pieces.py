"""A message that is larger than the buffer, taken record by record as it arrives.

Temporary: `Session.piece` imports it while such a message lasts, then unloads it. The state of the message is in
`session.part`, so this may be unloaded between two pieces, too: none of its functions waits.
"""

from ..cbor import CBORError, Reader
from ..port import const, log

_LAST_VALUES_UPDATE = const(0x010600)  # its tag: see `commands`

# The stages of a message
_COMMAND = const(0)
_PACK = const(1)
_RECORDS = const(2)
_REST = const(3)  # which is skipped


class Part:
    """The state of the message. While a record is walked through, `levels` has the number of missing items in each open
    container (-1 for an indefinite one)."""

    last = None  # the property whose records are being taken
    n = 0  # missing records of the pack, -1 for an indefinite one
    gap = 0  # missing bytes of a string
    passing = False  # a record that is too large is being skipped

    def __init__(self, stage, sync, left, capacity):
        self.stage = stage
        self.sync = sync  # these are the last values
        self.left = left  # missing bytes of the pack
        self.capacity = capacity  # how many bytes of a record the buffer holds
        self.levels = []


def take(session, topic, view, pos: int, end: int, rest: int, now: int) -> int:
    """Do what `Session.piece` does."""
    if topic is not None:
        session.lost()
        session.part = _begin(session, bytes(topic), view, pos, end - pos + rest)
    part = session.part
    start = pos
    if part is None:
        return end - pos
    try:
        if part.stage == _COMMAND:
            pos = _command(session, part, view, pos, end, rest)
        limit = pos + part.left
        stop = min(limit, end)
        if part.stage == _PACK:
            pos = _pack(session.records, part, view, pos, stop, limit)
        while part.stage == _RECORDS:
            after = _record(session, part, view, pos, stop, limit, now)
            if after == pos:
                break
            pos = after
        part.left = limit - pos
        if not rest and part.stage != _REST:
            raise CBORError("the item is truncated", end)
    except CBORError as error:
        session.drop("the rest of a malformed message (%s at byte %d)" % error.args)
        _finish(session, part, now)
    if part.stage == _REST:
        pos = end
        if not rest:
            session.part = None
    return pos - start


def _begin(session, topic, view, pos, size):
    # The Part for a new message.
    sync = topic == ("/a/t/%s/shadow/i" % session.thing_id).encode()
    stage = _PACK
    if topic == ("/a/d/%s/c/dw" % session.device_id).encode():
        stage = _COMMAND
        sync = True
    elif not sync and topic != session.data_in and topic != ("/a/d/%s/e/i" % session.device_id).encode():
        stage = _REST
        _too_large(session, "%d bytes from the cloud on %s" % (size, topic), view)
    session.records.base_time = 0
    # The head of the packet takes at most nine bytes beside the topic.
    return Part(stage, sync, size, max(len(view) - pos, len(view) - len(topic) - 9))


def _too_large(session, what, view):
    session.drop("%s: more than buffer=%d holds, see ArduinoCloudClient" % (what, len(view)))


def _command(session, part, view, pos, end, rest):
    # Read the heads of the tag, the parameters and the byte string. Returns the offset of the pack.
    if end - pos < 27 and rest:
        return pos
    reader = session.records
    Reader.open(reader, view, pos, end)
    if reader.head() >> 5 != 6 or reader.arg != _LAST_VALUES_UPDATE:
        part.stage = _REST
        _too_large(session, "a command of %d bytes from the cloud" % (end - pos + rest), view)
        return end
    if reader.head() >> 5 != 4 or not reader.arg or reader.head() >> 5 != 2 or reader.arg < 0:
        reader.fail("last values are a byte string")
    part.left = reader.arg
    part.stage = _PACK
    if part.left > end - reader.pos + rest:
        reader.fail()
    return reader.pos


def _pack(reader, part, view, pos, stop, limit):
    # Read the head of the pack. Returns the offset of its records.
    if stop - pos < 9 and stop < limit:
        return pos
    Reader.open(reader, view, pos, stop)
    if reader.head() >> 5 != 4:
        reader.fail("a pack is an array")
    part.n = reader.arg
    part.stage = _RECORDS
    return reader.pos


def _record(session, part, view, pos, stop, limit, now):
    # Take one record, or skip what has arrived of one that is too large. Returns the offset of the next one, or `pos`
    # if the end of the record has not arrived.
    if not part.passing:
        if part.n < 0 and pos < stop and view[pos] == 0xFF:
            pos += 1
            part.n = 0
        if not part.n:
            if pos != limit:
                raise CBORError("bytes after the pack", pos)
            if part.sync and session.topic is None:
                log(20, "Last values without a thing")
            _finish(session, part, now)
            return pos
        part.levels.append(1)
    after = _pass(part, view, pos, stop)
    if part.levels:
        if stop == limit:
            raise CBORError("the item is truncated", stop)
        if part.passing:
            return after
        if stop - pos >= part.capacity:
            part.passing = True
            _too_large(session, "the value of %s from the cloud" % _name(session.records, view, pos, stop), view)
            return after
        part.levels.clear()
        part.gap = 0
        return pos
    part.n -= part.n > 0
    if part.passing:
        part.passing = False
    elif session.topic is not None or not part.sync:
        _store(session, part, view, pos, after, now)
    return after


def _store(session, part, view, pos, end, now):
    records = session.records
    Reader.open(records, view, pos, end)
    records.rest = 1
    records.next()
    if records.value is not None and isinstance(records.name, str):
        part.last = session.take(part.last, records.name, records.value, records.time, part.sync, now)


def _name(reader, view, pos, end):
    # The name at the beginning of a record, for a message.
    Reader.open(reader, view, pos, end)
    try:
        reader.head()
        while reader.item() != 0:
            reader.item()
        return "'%s'" % reader.item()
    except CBORError:
        return "a variable"


def _pass(part, view, pos, end):
    # Walk on through an item, as far as its bytes have arrived. At its end `part.levels` is empty.
    levels = part.levels
    while True:
        if part.gap:
            n = min(part.gap, end - pos)
            part.gap -= n
            pos += n
            if part.gap:
                return pos
        while levels and not levels[-1]:
            levels.pop()
        if not levels or pos >= end:
            return pos
        if levels[-1] < 0 and view[pos] == 0xFF:
            levels.pop()
            pos += 1
            continue
        size = _head_size(view[pos])
        if pos + size > end:
            return pos
        levels[-1] -= levels[-1] > 0
        _open(part, view, pos, size)
        pos += size


def _head_size(first):
    info = first & 31
    return 1 + (1 << info - 24) if 23 < info < 28 else 1


def _open(part, view, pos, size):
    # Note the head of an item, which has `size` bytes.
    major = view[pos] >> 5
    n = view[pos] & 31
    if 27 < n < 31 or n == 31 and major not in (2, 3, 4, 5):
        raise CBORError("reserved head", pos)
    if n == 31:
        part.levels.append(-1)
    elif 1 < major < 7:
        if size > 1:
            n = int.from_bytes(view[pos + 1 : pos + size], "big")
        if major < 4:
            part.gap = n
        else:
            part.levels.append(2 * n if major == 5 else n if major == 4 else 1)
    if len(part.levels) > 10:
        raise CBORError("nested too deeply", pos)


def _finish(session, part, now):
    # Nothing more in the message counts.
    part.stage = _REST
    last = part.last
    part.last = None
    session.settle(last, part.sync)
    if part.sync and session.topic is not None:
        from .answers import synced

        synced(session, now)
