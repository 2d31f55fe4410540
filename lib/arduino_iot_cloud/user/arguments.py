"""Checks of the options of `ArduinoIoTCloud.connect`.

Temporary: `connect` imports it for the checks, and unloads it right afterwards.
"""


def check(
    client_id, client_secret, token, device_id, secret_key, server, port, transport, ssl_params, token_url, audience,
    on_connected, on_disconnect, timeout, keepalive, buffer, mqtt_client_id
):  # fmt: skip
    """Check the options of ArduinoIoTCloud, as `arguments.check` does for ArduinoCloudClient."""
    from ..arguments import function, link, number  # here, since that module may be unloaded before this one

    if (client_id is not None) + (token is not None) + (device_id is not None) != 1:
        raise TypeError("connect takes client_id and client_secret, or token, or device_id and secret_key")
    if (client_id is None) != (client_secret is None) or (device_id is None) != (secret_key is None):
        raise TypeError("client_secret goes with client_id, secret_key with device_id")
    for name, value in (
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("device_id", device_id),
        ("secret_key", secret_key),
        ("audience", audience),
        ("mqtt_client_id", mqtt_client_id),
    ):
        if value is not None and (not isinstance(value, str) or not value):
            raise TypeError("%s is text, not %s" % (name, "empty" if value == "" else type(value).__name__))
    if token is not None and not isinstance(token, str) and not callable(token):
        raise TypeError("token is text, or a function that returns it, not %s" % type(token).__name__)
    if transport not in (None, "tcp", "websocket"):
        raise ValueError("transport is 'tcp' or 'websocket', not %r" % (transport,))
    link(server, port, keepalive, buffer, ssl_params)
    number("timeout", timeout, 0.1, 86400)
    function("on_connected", on_connected)
    function("on_disconnect", on_disconnect)
    if token_url is not None:
        from ..http.arguments import split

        split(token_url)
