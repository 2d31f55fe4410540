"""The options of `local-cloud serve`."""

import argparse
import os
from pathlib import Path
from typing import Any, Callable

from ..reach.ports import HOST, Ports
from ..store import keeping


def add_to(serve: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    _add_place(serve)
    _add_reach(serve)
    _add_peers(serve)
    _add_keeping(serve)
    serve.add_argument(
        "--replace-lost",
        action="store_true",
        help="give the default device and the default API key new secrets if the files with theirs are lost",
    )
    serve.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    for name, default in vars(Ports()).items():
        serve.add_argument("--%s-port" % name, type=int, metavar="N", help="%d by default" % default)


def _add_place(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--data", type=Path, metavar="DIR", help="folder for certificates and values")
    serve.add_argument(
        "--ephemeral", action="store_true", help="use free ports and, without --data, a temporary folder"
    )
    serve.add_argument("--json", action="store_true", help="describe the cloud in one line of JSON on stdout")


def _add_reach(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("LOCAL_CLOUD_DATABASE"),
        help="PostgreSQL instead of SQLite in the data folder: postgresql://user:password@host:5432/name;"
        " other users cannot see it if it comes from the environment (LOCAL_CLOUD_DATABASE)",
    )
    serve.add_argument(
        "--broker",
        metavar="URL",
        default=os.environ.get("LOCAL_CLOUD_BROKER"),
        help="broker to use instead of the embedded one: mqtts://user:password@host:8883?cafile=FILE (or in"
        " LOCAL_CLOUD_BROKER); several processes with the same broker, --database and --data share the work",
    )
    serve.add_argument(
        "--address",
        default=HOST,
        metavar="IP",
        help="address of the TLS listeners; %(default)s by default, 0.0.0.0 for all addresses;"
        " listeners without TLS stay on loopback",
    )


def _add_peers(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--rate-limit",
        type=float,
        default=0,
        metavar="N",
        help="API requests per second and user; no limit by default",
    )
    serve.add_argument(
        "--patience",
        type=_patience,
        default=10,
        metavar="S",
        help="seconds that a peer has for each step before its log-in, such as a TLS handshake; %(default)g by default",
    )
    serve.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="URL",
        help="origin of web pages that may use the Application API and MQTT over WebSocket; may be given several times",
    )
    serve.add_argument(
        "--behind-proxy",
        action="append",
        default=[],
        metavar="ADDRESS[/BITS]",
        help="a proxy in front: its connections bring the clients' addresses in X-Forwarded-For or the PROXY protocol;"
        " may be repeated",
    )


def _add_keeping(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--keep",
        type=_said(keeping.keep_of),
        metavar="TIME",
        help="how long values are kept: 36h, 90d, 12w, 1y, at least 1h; for ever by default; a thing's tag %s"
        " goes before this" % keeping.KEEP_TAG,
    )
    serve.add_argument(
        "--thin",
        type=_said(keeping.thinning_of),
        metavar="1m-after-7d",
        help="reduce values older than 7 days to one for each minute, numbers to their mean; never by default;"
        " a thing's tag %s goes before this" % keeping.THIN_TAG,
    )


def _patience(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("0.1 to 3600 seconds are expected, got %s" % text)
    return seconds


def _said(meaning: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return the function with an error that argparse shows."""

    def parse(text: str) -> Any:
        try:
            return meaning(text)
        except keeping.BadTime as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse
