"""The listeners for devices of a mosquitto that `local-cloud broker-config` has set up."""

import json
from pathlib import Path
from typing import Any

from ..files import write_whole
from ..ports import ANY, HOST, names_of
from .address import Address
from .broker_config import BrokerPorts

_NAME = "listeners.json"


def leave(data: Path, ports: BrokerPorts, address: str) -> None:
    """Write the listeners' addresses and ports to a file beside mosquitto's configuration."""
    about = {"address": address, "mqtt_port": ports.plain}
    about.update(mqtts_port=ports.tls, mtls_port=ports.mutual_tls)
    write_whole(data / "mosquitto" / _NAME, json.dumps(about, indent=1).encode())


def described(data: Path, broker: Address) -> dict[str, Any]:
    """Return the members of a cloud's description that say where devices connect with TLS, as far as known."""
    try:
        about = json.loads((data / "mosquitto" / _NAME).read_bytes())
    except FileNotFoundError:
        about = {}
    if not broker.administered or broker.port not in (about.get("mqtt_port"), about.get("mqtts_port")):
        # The broker was set up elsewhere. If workers use TLS, devices can connect there too.
        return {"mqtts_host": broker.host, **({"mqtts_port": broker.port} if broker.tls else {})}
    address = about["address"] if broker.host in (HOST, "localhost") else broker.host
    return {
        "reached_at": list(names_of(address)),
        "mqtts_host": HOST if address == ANY else address,
        "mqtts_port": about["mqtts_port"],
        "mtls_port": about["mtls_port"],
    }
