"""`local-cloud broker-config`: files for a mosquitto that several local clouds share."""

import argparse
from pathlib import Path

from ..ports import HOST
from . import described
from .exits import DONE, USAGE, CommandError

_PLUGIN = "mosquitto_dynamic_security.so"
_EPILOG = """examples:
  local-cloud broker-config --data ./cloud
  mosquitto -c ./cloud/mosquitto/mosquitto.conf
  local-cloud serve --data ./cloud --broker "$(cat ./cloud/mosquitto/address)" \\
      --database postgresql://cloud:PASSWORD@localhost/cloud

A second `serve` with the same three, and ports of its own (--http-port 18001 --https-port 18445), shares the
work. docs/beyond-one-machine.md tells more.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser's."""
    parser = commands.add_parser(
        "broker-config",
        help="write the configuration of a mosquitto that several local clouds share",
        description="Write mosquitto's configuration, with its dynamic security, into DIR/mosquitto.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder of the local clouds")
    parser.add_argument("--plugin", type=Path, metavar="FILE", help="where %s is" % _PLUGIN)
    parser.add_argument(
        "--address", default=HOST, metavar="IP", help="where devices reach it by TLS; %(default)s by default"
    )
    parser.add_argument("--user", metavar="NAME", help="whom mosquitto becomes when root starts it")
    for name, default, what in (
        ("port", 1883, "plain, on loopback only"),
        ("tls-port", 8883, "id and secret"),
        ("mtls-port", 8884, "certificate"),
    ):
        parser.add_argument("--" + name, type=int, default=default, metavar="N", help=what + "; %(default)s")


def run(options: argparse.Namespace) -> int:
    """Write the files and say what comes next."""
    from ..workers import broker_config, listeners

    plugin = options.plugin or _find_plugin()
    if plugin is None or not plugin.exists():
        raise CommandError("%s is not found: say where with --plugin" % (plugin or _PLUGIN), USAGE)
    data = options.data or described.default_data_folder()
    ports = broker_config.BrokerPorts(options.port, options.tls_port, options.mtls_port)
    broker_config.write(data, plugin.absolute(), ports, address=options.address, user=options.user)
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
