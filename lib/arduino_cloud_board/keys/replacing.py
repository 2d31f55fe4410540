"""Replace several entries of key stores together: all of them, or none if one is refused. `settings` loads this module
when it stores something."""

from . import KeyCorrupted, KeyNotFound, check_entry


def replace(changes, guard=None):
    """Store or delete several entries.

    changes: a list of (store, name, data), data being None to delete the entry.
    guard: one more (store, name, data). It is deleted first and stored last, so wherever the power fails, it is there
      only with all the old entries or all the new ones.

    Raises ValueError or OSError if an entry is refused; then everything is as it was.
    """
    every = changes + [guard] if guard else changes
    for _, name, data in every:
        if data is not None:
            check_entry(name, data)
    before = [_stored(store, name) for store, name, _ in every]
    todo = [i for i in range(len(every)) if before[i] != every[i][2]]
    if len(every) > 1:  # one alone is stored completely or not at all
        _rehearse(every, todo)
    if not todo:
        return
    last = len(changes)  # the number of the guard
    done = False
    try:
        if guard:
            _put(guard[0], guard[1], None)
        for i in todo:
            if i != last:
                _put(*every[i])
        if guard:
            _put(*guard)
        done = True
    finally:
        if not done:
            _put_back(every, before, todo, last if guard else None)


def _rehearse(every, todo):
    # Store everything beside what is there, under another name: whatever does not fit is refused here.
    try:
        for i in todo:
            store, name, data = every[i]
            if data is not None and not store.in_chip:  # a chip has room for one, and looks at it first
                store.store(_spare(name), data)
    finally:
        for store, name, _ in every:  # also what a rehearsal has left that the power cut short
            try:
                if not store.in_chip:
                    _put(store, _spare(name), None)
            except OSError:
                pass


def _spare(name):
    return "new_" + name[:11]


def _put_back(every, before, todo, last):
    # The guard comes back only if everything else has. What was damaged cannot be put back.
    try:
        if last is not None:
            _put(every[last][0], every[last][1], None)
        for i in todo:
            if i != last and before[i] is not False and before[i] != _stored(*every[i][:2]):
                _put(every[i][0], every[i][1], before[i])
        if last is not None and False not in before:
            _put(every[last][0], every[last][1], before[last])
    except Exception:
        pass  # the first error is the one to report


def _stored(store, name):
    # None if it does not exist, False if it is damaged
    try:
        return store.load(name)
    except KeyNotFound:
        return None
    except KeyCorrupted:
        return False


def _put(store, name, data):
    if data is not None:
        return store.store(name, data)
    try:
        store.delete(name)
    except KeyNotFound:
        pass
