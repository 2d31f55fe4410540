"""What device programs are given for TLS: `ssl_params` that verify, and files of keys and certificates."""

NO_PASSWORD = {"username": ..., "password": ...}  # left out


def connect_to_local_cloud(start_device, about, params):
    """Have a device log in to the local cloud with these `ssl_params`, until it is connected with its thing."""
    device = start_device(
        device_id=about["device_id"],
        server=about["host"],
        port=about["mtls_port"],
        ssl_params={**params, "cafile": about["ca_der_file"], "server_hostname": "localhost"},
        **NO_PASSWORD,
    )
    device.wait_until("client.connected")
    assert device.ask("client.thing_id") == about["thing_id"]
    device.stop()


def verified(certificates, **more):
    """ssl_params that verify the test servers."""
    return {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost", **more}


def key_and_certificate(interpreter, key_pem, cert_pem, key_der, cert_der):
    """The files that a port takes: DER on MicroPython, PEM on CPython."""
    if interpreter.name == "cpython":
        return {"keyfile": str(key_pem), "certfile": str(cert_pem)}
    return {"keyfile": str(key_der), "certfile": str(cert_der)}
