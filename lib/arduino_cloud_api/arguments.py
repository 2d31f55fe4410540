"""Check the arguments of CloudAPI. Unloaded afterwards."""

from arduino_iot_cloud.arguments import number
from arduino_iot_cloud.http.arguments import split


def take(api, client_id, client_secret, base_url, token_url, organization, token, attempts, backoff):
    """Set the attributes of `api` from its arguments. Raises TypeError or ValueError that names the wrong one."""
    if token is None and not (client_id and client_secret):
        raise ValueError("CloudAPI needs client_id and client_secret, or a token")
    for name, value in (
        ("client_id", client_id), ("client_secret", client_secret), ("token", token), ("organization", organization)
    ):  # fmt: skip
        if value is not None and (not isinstance(value, str) or "\r" in value or "\n" in value):
            raise ValueError("%s must be a line of text" % name)
    number("attempts", attempts, 1, 100, "a number", int)
    number("backoff", backoff, 0, 60)
    api.attempts = attempts
    api.backoff = backoff
    split(base_url)
    base = base_url.rstrip("/")
    base = base[:-4] if base.endswith("/iot") else base  # the form for older clients
    here = split(base)
    there = split(base + "/iot/v1/clients/token" if token_url is None else token_url)
    api._prefix = here[3].rstrip("/") + "/iot/"
    api._token_path = there[3]
    api._elsewhere = here[:3] != there[:3]
    api._key = client_id, client_secret
    api._token = api._fixed = token
    api.organization = organization
    return base
