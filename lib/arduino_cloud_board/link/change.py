"""Report that a connection came up, was lost or got another address."""

from arduino_iot_cloud.port import log, report


def tell(connection, before):
    """Count the change from the address `before` (None: no connection); report it to the log and the program."""
    kind, ip = connection.kind, connection.ip
    if ip and before:
        connection.address_changes += 1
        log(30, "%s: the address changed from %s to %s." % (kind, before, ip))
    elif ip:
        connection._measure()
        log(20, "%s: connected to %s as %s." % (kind, connection.name, ip))
    else:
        connection.rssi = None
        log(30, "%s: the connection was lost." % kind)
    if connection.on_change:
        try:
            connection.on_change(connection)
        except Exception as error:
            report(kind + ": on_change", error)
