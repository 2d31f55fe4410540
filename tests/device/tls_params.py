"""TLS arguments of device programs: `ssl_params` that verify, and files of keys and certificates."""

NO_PASSWORD = {"username": ..., "password": ...}  # left out


def connect_to_local_cloud(start_device, about, params):
    """Check that a device with these `ssl_params` connects to the local cloud and gets its thing."""
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
    """Return ssl_params that verify the test servers."""
    return {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost", **more}


def key_and_certificate(interpreter, key_pem, cert_pem, key_der, cert_der):
    """Return the files that an interpreter takes: DER on MicroPython, PEM on CPython."""
    if interpreter.name == "cpython":
        return {"keyfile": str(key_pem), "certfile": str(cert_pem)}
    return {"keyfile": str(key_der), "certfile": str(cert_der)}
