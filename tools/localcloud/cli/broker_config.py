"""`local-cloud broker-config`: files for a mosquitto that several local clouds share."""

import argparse
from pathlib import Path

from ..reach.ports import HOST
from . import described
from .exits import DONE, USAGE, CommandError
from .parsers import positive

_PLUGIN = "mosquitto_dynamic_security.so"
_EPILOG = """examples:
  local-cloud broker-config --data ./cloud
  mosquitto -c ./cloud/mosquitto/mosquitto.conf
  local-cloud serve --data ./cloud --broker "$(cat ./cloud/mosquitto/address)" \\
      --database postgresql://cloud:PASSWORD@localhost/cloud

A second `serve` with the same three options and other ports (--http-port 18001 --https-port 18445) shares the
work. docs/beyond-one-machine.md has more.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "broker-config",
        help="write the configuration of a mosquitto that several local clouds share",
        description="Write mosquitto's configuration, with its dynamic security, into DIR/mosquitto.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder of the local clouds")
    parser.add_argument("--plugin", type=Path, metavar="FILE", help="path of %s; found by default" % _PLUGIN)
    parser.add_argument(
        "--address",
        default=HOST,
        metavar="IP",
        help="address at which devices reach it with TLS; %(default)s by default",
    )
    parser.add_argument("--user", metavar="NAME", help="user that mosquitto becomes if root starts it")
    parser.add_argument(
        "--connections",
        type=positive,
        default=10_000,
        metavar="N",
        help="most connections of each listener for devices; mosquitto must be allowed to open more than twice as many"
        " files; %(default)s by default",
    )
    for name, default, what in (
        ("port", 1883, "for plain MQTT, on loopback only"),
        ("tls-port", 8883, "for devices with id and secret"),
        ("mtls-port", 8884, "for devices with a certificate"),
    ):
        parser.add_argument("--" + name, type=int, default=default, metavar="N", help=what + "; %(default)s")


def run(options: argparse.Namespace) -> int:
    """Write the files, say what to do next, and return the exit code. Raises CommandError."""
    from ..workers import broker_config, listeners

    plugin = options.plugin or _find_plugin()
    if plugin is None or not plugin.exists():
        raise CommandError("%s was not found: give its path with --plugin" % (plugin or _PLUGIN), USAGE)
    data = options.data or described.default_data_folder()
    ports = broker_config.BrokerPorts(options.port, options.tls_port, options.mtls_port)
    broker_config.write(
        data,
        plugin.absolute(),
        ports,
        address=options.address,
        user=options.user,
        connections=options.connections,
    )
    listeners.leave(data, ports, options.address)
    folder = data / "mosquitto"
    print("Written to %s. Start the broker, then as many local clouds as you like:" % folder)
    print("  mosquitto -c %s/mosquitto.conf" % folder)
    print('  local-cloud serve --data %s --broker "$(cat %s/address)" --database URL' % (data, folder))
    return DONE


def _find_plugin() -> Path | None:
    for root in (Path("/usr/lib"), Path("/usr/local/lib"), Path("/opt/homebrew/lib")):
        for found in [root / _PLUGIN, *sorted(root.glob("*/" + _PLUGIN))]:
            if found.exists():
                return found
    return None
