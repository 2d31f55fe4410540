"""`local-cloud serve`: run a local cloud until it is stopped."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..entrance.bounds import raise_descriptor_limit
from ..files import DataInUse, Unusable, in_words
from ..reach.open_to_whom import for_people
from ..reach.origins import BadOrigin
from ..reach.ports import PortBusy, Ports
from ..reach.proxies import BadProxy, Proxies
from ..store import keeping
from . import described, serve_options
from .exits import DONE, FAILED, USAGE
from .terminal import complain

if TYPE_CHECKING:
    from ..cloud import LocalCloud

log = logging.getLogger(__name__)
_EPILOG = """examples:
  local-cloud serve                       data in the user's data folder, default ports
  local-cloud serve --data ./cloud        data in ./cloud
  local-cloud serve --ephemeral --json    free ports, a temporary folder, for tests
  local-cloud serve --data ./cloud --broker mqtt://local-cloud:SECRET@localhost:1883 \\
      --database postgresql://cloud:SECRET@localhost/cloud
                                          one of several that share a broker and a database
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    serve = commands.add_parser(
        "serve",
        help="run the cloud until it is stopped",
        description="Run a local cloud until it is stopped.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.set_defaults(run=run)
    serve_options.add_to(serve)


def run(options: argparse.Namespace) -> int:
    """Run the local cloud until it is stopped, and return the exit code."""
    # The server's packages take a second to import, which the other commands and --help need not wait for.
    from sqlalchemy.exc import SQLAlchemyError

    from ..store.database import BadAddress
    from ..store.migration import StoreTooNew
    from ..store.unwritable import NotWritable
    from ..workers.address import BadBroker, Lost

    logging.basicConfig(
        stream=sys.stderr,
        level=getattr(logging, options.log_level.upper()),
        format="%(asctime)s %(levelname)s %(message)s",
    )
    # The broker adapter already reports what amqtt reports, one line per event.
    for name in ("amqtt", "transitions", "websockets", "asyncio", "uvicorn"):
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "amqtt" else logging.ERROR)
    for name, given in (("--broker", options.broker), ("--database", options.database)):
        if given == "":
            # With nothing in its place, a cloud of another kind would start.
            complain("%s, or its variable LOCAL_CLOUD_%s, is empty" % (name, name[2:].upper()))
            return USAGE
    try:
        return asyncio.run(_serve(options))
    except (PortBusy, BadProxy, DataInUse, Unusable, NotWritable, StoreTooNew, BadAddress) as error:
        complain(str(error))
    except (BadOrigin, BadBroker, Lost) as error:
        complain(str(error))
    except SQLAlchemyError as error:
        # Only the first line: later ones may contain the address with its password.
        complain(_unusable(options, str(error).splitlines()[0]))
    except OSError as error:
        complain(in_words(error))
    except KeyboardInterrupt:
        return DONE
    return FAILED


def _ports(options: argparse.Namespace) -> Ports:
    ports = vars(Ports.free() if options.ephemeral else Ports())
    chosen = {name: getattr(options, name + "_port") for name in ports}
    return Ports(**{name: ports[name] if port is None else port for name, port in chosen.items()})


def _data_folder(options: argparse.Namespace) -> Path | None:
    """Return the data folder, or None for a temporary one."""
    if options.data is None and not options.ephemeral:
        return described.default_data_folder()
    return options.data


def _unusable(options: argparse.Namespace, reason: str) -> str:
    """Return a line about a database that cannot be used."""
    folder = _data_folder(options)
    if options.database is not None or folder is None:
        return "the database cannot be used: %s" % reason
    is_garbled = "not a database" in reason or "malformed" in reason
    remedy = "; restore the data folder from a backup" if is_garbled else ""
    return "the database %s cannot be used: %s%s" % (folder / "cloud.sqlite3", reason, remedy)


def _describe(cloud: "LocalCloud") -> None:
    """Leave the description, by which commands find the cloud."""
    try:
        described.leave(cloud.description())
    except OSError as error:
        # Whoever uses the cloud needs it more than commands need to find it.
        log.warning("%s; commands do not find this cloud by themselves", in_words(error))


async def _serve(options: argparse.Namespace) -> int:
    from ..cloud import LocalCloud

    raise_descriptor_limit()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    cloud = await LocalCloud.start(
        _data_folder(options),
        ports=_ports(options),
        database=options.database,
        broker=options.broker,
        address=options.address,
        rate_limit=options.rate_limit,
        patience=options.patience,
        cors_origins=options.cors_origin,
        behind=Proxies(options.behind_proxy),
        keeping=keeping.Keeping(options.keep, options.thin),
        replace_lost=options.replace_lost,
    )
    try:
        description = cloud.description()
        _describe(cloud)
        cloud.on_change = lambda: _describe(cloud)
        print(json.dumps(description) if options.json else _for_people(description), flush=True)
        await stopped.wait()
    finally:
        with suppress(OSError):
            described.remove(cloud.description())
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(cloud.stop(), 1.7)
    return DONE


_EMBEDDED = (
    "  MQTT        %(host)s:%(mqtt_port)s plain, :%(mqtts_port)s TLS, :%(mtls_port)s mutual TLS",
    "  WebSocket   ws://%(host)s:%(ws_port)s/mqtt, wss://%(host)s:%(wss_port)s/mqtt",
)
_SHARED = ("  broker      %(broker)s, shared with other workers",)


def _for_people(about: dict[str, Any]) -> str:
    return "\n".join(
        (
            "Local Arduino Cloud, data in %(data)s" % about,
            "",
            "  page        %(page)s" % about,
            *(line % about for line in (_SHARED if "broker" in about else _EMBEDDED)),
            *(["  for boards  " + ", ".join(about["reached_at"])] if about["reached_at"] else ()),
            "  root        %(ca_file)s, for MicroPython %(ca_der_file)s" % about,
            "  API         %(http)s/iot, %(https)s/iot; try it at %(docs)s" % about,
            "  API key     %(api_key_id)s" % about,
            "  its secret  %(api_key_secret)s" % about,
            "  device      %(device_id)s" % about,
            "  secret      %(secret)s" % about,
            "  thing       %(thing_id)s" % about,
            "  tokens      %(token_url)s" % about,
            "",
            *for_people(about["listeners"]),
            "",
            "Stop with Ctrl-C.",
        )
    )
