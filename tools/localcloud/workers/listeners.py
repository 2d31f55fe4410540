"""The listeners for devices of a mosquitto that `local-cloud broker-config` has set up."""

import json
from pathlib import Path
from typing import Any

from ..files import write_whole
from ..reach.ports import ANY, HOST, names_of
from .address import Address, BadBroker
from .broker_config import BrokerPorts

_NAME = "listeners.json"


def leave(data: Path, ports: BrokerPorts, address: str) -> None:
    """Write the listeners' addresses and ports to a file beside mosquitto's configuration."""
    about = {"address": address, "mqtt_port": ports.plain}
    about.update(mqtts_port=ports.tls, mtls_port=ports.mutual_tls)
    write_whole(data / "mosquitto" / _NAME, json.dumps(about, indent=1).encode())


def described(data: Path, broker: Address) -> dict[str, Any]:
    """Return the members of a cloud's description that say where devices connect with TLS, as far as known.

    Raises `BadBroker` if the file of `broker-config` is garbled.
    """
    about = _known(data, broker)
    if about is None:
        # The broker was set up elsewhere. If workers use TLS, devices can connect there too.
        return {"mqtts_host": broker.host, **({"mqtts_port": broker.port} if broker.tls else {})}
    address = about["address"] if broker.host in (HOST, "localhost") else broker.host
    return {
        "reached_at": list(names_of(address)),
        "mqtts_host": HOST if address == ANY else address,
        "mqtts_port": about["mqtts_port"],
        "mtls_port": about["mtls_port"],
    }


def open_to_whom(data: Path, broker: Address) -> list[dict[str, Any]]:
    """Return descriptions of the broker's listeners, if `broker-config` has set it up, as in `open_to_whom`."""
    about = _known(data, broker)
    if about is None:
        return []
    devices = "a device with its id and secret, at the broker"
    certified = "a device with a certificate of this cloud's authority, at the broker"
    rows = (
        ("mqtt", HOST, about["mqtt_port"], False, devices),
        ("mqtts", about["address"], about["mqtts_port"], True, devices),
        ("mtls", about["address"], about["mtls_port"], True, certified),
    )
    keys = ("name", "address", "port", "encrypted", "admits")
    return [{**dict(zip(keys, row)), "protocol": "MQTT"} for row in rows]


def _known(data: Path, broker: Address) -> dict[str, Any] | None:
    """Return what `broker-config` has noted, or None if the broker was set up elsewhere."""
    path = data / "mosquitto" / _NAME
    try:
        about = json.loads(path.read_bytes())
        ports = [int(about[name]) for name in ("mqtt_port", "mqtts_port", "mtls_port")]
        str(about["address"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise BadBroker("%s is garbled: run `local-cloud broker-config` again, which writes it" % path) from None
    return about if broker.administered and broker.port in ports[:2] else None
