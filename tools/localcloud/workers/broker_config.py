"""mosquitto's configuration for workers: `local-cloud broker-config`."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import make_private_folder, read_secret, write_whole
from ..identity.certificates import Authority
from ..identity.hashed_secrets import new_secret
from ..reach.ports import names_of
from .security import rights, role_of

WORKER = "local-cloud"
"""The workers' user at the broker."""
MOST_CONNECTIONS = 10_000
_ROUNDS = 101
_REMEDY = (
    "restore it from a backup, or put a new password into it (32 letters and digits) and set that at mosquitto"
    " with `mosquitto_ctrl dynsec setClientPassword %s`" % WORKER
)
_EVERYTHING = (
    ("publishClientSend", "#"),
    ("publishClientSend", "$CONTROL/#"),
    ("publishClientReceive", "#"),
    ("publishClientReceive", "$CONTROL/#"),
    ("publishClientReceive", "$SYS/#"),
    ("subscribePattern", "#"),
    ("subscribePattern", "$CONTROL/#"),
    ("subscribePattern", "$SYS/#"),
    ("unsubscribePattern", "#"),
    ("unsubscribePattern", "$SYS/#"),
)
_SETTINGS = """\
# Written by `local-cloud broker-config`. Start with: mosquitto -c {folder}/mosquitto.conf
per_listener_settings false
allow_anonymous false
plugin {plugin}
plugin_opt_config_file {folder}/dynamic-security.json

# Keep everything that workers have not taken yet, even over a restart.
persistence true
persistence_location {folder}/
autosave_interval {autosave}
max_queued_messages 0
queue_qos0_messages true
max_inflight_messages 200
# More than the largest message of a cloud, and far less than the 256 MB that MQTT allows.
max_packet_size 4194304
# Answers must not wait: Nagle's algorithm costs 40 ms.
set_tcp_nodelay true

# These lines tell the workers which devices are connected.
log_dest topic
log_dest stderr
log_type notice
log_type error
log_type warning
connection_messages true
log_timestamp false
{user}
# For the workers: unencrypted, therefore only on this machine.
listener {port} 127.0.0.1

# For devices with id and secret (and for workers elsewhere).
listener {tls_port} {address}
max_connections {connections}
certfile {certificate}
keyfile {key}

# For devices with a certificate of our authority, whose common name is the device's id.
listener {mtls_port} {address}
max_connections {connections}
certfile {certificate}
keyfile {key}
cafile {authority}
require_certificate true
use_identity_as_username true
# It is also the client identifier: with any other one a device could take over a worker's session.
use_username_as_clientid true
"""


@dataclass(frozen=True)
class BrokerPorts:
    """mosquitto's ports: plain (only on loopback), TLS, mutual TLS."""

    plain: int = 1883
    tls: int = 8883
    mutual_tls: int = 8884


def write(
    data: Path,
    plugin: Path,
    ports: BrokerPorts,
    *,
    address: str,
    user: str | None = None,
    autosave: int = 60,
    connections: int = MOST_CONNECTIONS,
) -> str:
    """Write mosquitto's files to `data`/mosquitto, and return the address for `serve --broker`.

    The file `address` has the address too. Existing clients and rights stay. `plugin` is the path of
    mosquitto_dynamic_security.so, and `user` is what mosquitto becomes if root starts it. mosquitto saves what
    waits for workers every `autosave` seconds. Each listener for devices takes at most so many `connections`, so that
    workers get in at theirs whoever connects there.
    """
    make_private_folder(data)
    folder = data.absolute() / "mosquitto"
    make_private_folder(folder)
    database = data / "cloud.sqlite3"
    authority = Authority(data / "certificates", in_use=database.exists() and database.stat().st_size > 0)
    server = authority.server(names_of(address), keep_names=True)
    password_file = folder / "worker.secret"
    security = folder / "dynamic-security.json"
    if not password_file.exists() and not security.exists():
        write_whole(password_file, new_secret().encode())
    password = read_secret(password_file, "the workers' password at the broker", _REMEDY)
    if not security.exists():
        write_whole(security, json.dumps(_first_security(password), indent=1).encode())
    text = _SETTINGS.format(
        folder=folder,
        plugin=plugin,
        autosave=autosave,
        connections=connections,
        user="user %s\n" % user if user else "",
        port=ports.plain,
        tls_port=ports.tls,
        mtls_port=ports.mutual_tls,
        address=address,
        certificate=server.certificate.absolute(),
        key=server.key.absolute(),
        authority=authority.files.certificate.absolute(),
    )
    write_whole(folder / "mosquitto.conf", text.encode())
    url = "mqtt://%s:%s@127.0.0.1:%d" % (WORKER, password, ports.plain)
    write_whole(folder / "address", url.encode())
    return url


def first_client(device_id: str, secret: str, thing_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a device's client and role in the form of the plugin's file, to move many devices at once."""
    name = role_of(device_id)
    client = {**_client(device_id, secret, name), "clientid": device_id}
    rules = [{"priority": 0, **rule} for rule in rights(device_id, thing_id)]
    return client, {"rolename": name, "acls": rules}


def _client(username: str, password: str, role: str) -> dict[str, Any]:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return {
        "username": username,
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _ROUNDS,
        "roles": [{"rolename": role}],
    }


def _first_security(password: str) -> dict[str, Any]:
    """Return the content of the plugin's file: only the workers' user, and no rights for anybody else."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [_client(WORKER, password, WORKER)],
        "roles": [
            {
                "rolename": WORKER,
                "acls": [
                    {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
                    for kind, topic in _EVERYTHING
                ],
            }
        ],
    }
