"""A packet of values that was interrupted while it was written: out of memory, or by Ctrl-C. Imported after that."""


def fill_again(session):
    """What was put into a packet when that was interrupted has not left: it is due again."""
    for p in getattr(session, "properties", {}).values():
        if p.changed < 0:
            if p.policy:
                p.policy.resend()
            else:
                p.owe()
