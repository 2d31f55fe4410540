"""Which cloud a command works with, and the API key for it."""

import argparse
import stat
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import described, plain_text
from .exits import USAGE, CommandError
from .yaml_file import mapping, read, text

ARDUINO = "https://api2.arduino.cc"
TOKEN_PATH = "/iot/v1/clients/token"
KEY_VARIABLES = ("ARDUINO_CLOUD_CLIENT", "ARDUINO_CLOUD_SECRET")
ORGANIZATION_VARIABLE = "ARDUINO_CLOUD_ORGANIZATION"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Somebody waits at the terminal: with these, a cloud that does not answer is reported after about 4 seconds.
_ATTEMPTS = 4
_BACKOFF_S = 0.5
_START_IT = "start one with: local-cloud serve"


@dataclass(frozen=True)
class Connection:
    """A cloud and a key for it. `live` is the host and port of its secure WebSocket, if known."""

    title: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    organization: str | None = None
    ca_file: str | None = None
    live: tuple[str, int] | None = None
    devices: dict[str, Any] | None = None  # further arguments of a device's client; None: Arduino's own cloud
    mutual_tls_port: int | None = None  # for devices with a certificate; None: the same as in Arduino Cloud
    reached_at: tuple[str, ...] = ()  # addresses, then names, at which other machines reach a local cloud

    @property
    def ssl_params(self) -> dict[str, str]:
        """Return the clients' argument `ssl_params`."""
        return {"cafile": self.ca_file} if self.ca_file else {}

    @property
    def token_url(self) -> str:
        """Return the address that issues tokens."""
        return self.url + TOKEN_PATH

    def api(self) -> Any:
        """Return an `arduino_cloud_api.CloudAPI` for use in `async with`."""
        from arduino_cloud_api import CloudAPI

        return CloudAPI(
            self.client_id,
            self.client_secret,
            base_url=self.url,
            token_url=self.token_url,
            organization=self.organization,
            ssl_params=self.ssl_params,
            attempts=_ATTEMPTS,
            backoff=_BACKOFF_S,
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the cloud."""
    group = parser.add_argument_group(
        "which cloud", "by default the local cloud that runs on this machine; if none runs, Arduino Cloud"
    )
    group.add_argument("--cloud", choices=("local", "arduino"), help="use only this one")
    group.add_argument("--data", type=Path, metavar="DIR", help="the local cloud with this data folder")
    group.add_argument("--url", help="a local cloud on another machine, such as https://host:18444")
    group.add_argument(
        "--ca-file", metavar="FILE", help="with --url: the authority that signed its certificate"
    )
    group.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="YAML or JSON with client, secret and perhaps organization, readable only by you;"
        " by default the environment's %s, %s and %s" % (*KEY_VARIABLES, ORGANIZATION_VARIABLE),
    )


def choose(options: argparse.Namespace) -> Connection:
    """Return the cloud that the options choose. Raises CommandError."""
    if sum(bool(each) for each in (options.url, options.data, options.cloud)) > 1:
        raise CommandError("give only one of --cloud, --data and --url", USAGE)
    if options.ca_file and not options.url:
        raise CommandError("--ca-file needs --url", USAGE)
    if options.url:
        return _with_key(options, _checked_url(options.url), options.url)
    if options.cloud == "arduino":
        return _with_key(options, ARDUINO, "Arduino Cloud")
    about = described.running(options.data or described.default_data_folder())
    if about:
        return _local(about)
    if options.cloud == "local" or options.data:
        folder = options.data or described.default_data_folder()
        raise CommandError("no local cloud runs with its data in %s; %s" % (folder, _START_IT))
    if _key(options) is None:
        raise CommandError(
            "no local cloud runs on this machine (%s), and there is no API key for Arduino Cloud in"
            " %s and %s or --credentials" % (_START_IT, *KEY_VARIABLES)
        )
    return _with_key(options, ARDUINO, "Arduino Cloud")


def _local(about: dict[str, Any]) -> Connection:
    host = urllib.parse.urlsplit(about["https"]).hostname  # of all TLS listeners of the cloud's own process
    device = {"server": about.get("mqtts_host", host)}
    if "mqtts_port" in about:
        device["port"] = about["mqtts_port"]
    if "mtls_port" in about:  # otherwise the broker was set up elsewhere, with an unknown authority
        device["ssl_params"] = {"cafile": about["ca_der_file"]}
    return Connection(
        title="the local cloud in %s" % about["data"],
        url=about["https"],
        client_id=about["api_key_id"],
        client_secret=about["api_key_secret"],
        ca_file=about["ca_file"],
        live=(host, about["wss_port"]) if "wss_port" in about else None,
        devices=device,
        mutual_tls_port=about.get("mtls_port"),
        reached_at=tuple(about["reached_at"]),
    )


def _with_key(options: argparse.Namespace, url: str, title: str) -> Connection:
    key = _key(options)
    if key is None:
        raise CommandError(
            "no API key for %s: set %s and %s, or give --credentials" % (title, *KEY_VARIABLES), USAGE
        )
    if options.ca_file and not Path(options.ca_file).is_file():
        raise CommandError("--ca-file: %s does not exist" % options.ca_file, USAGE)
    client_id, client_secret, organization = key
    return Connection(
        title=title,
        url=url,
        client_id=client_id,
        client_secret=client_secret,
        organization=organization,
        ca_file=options.ca_file,
        devices=None if url == ARDUINO else {"server": urllib.parse.urlsplit(url).hostname},
        live=("wss.iot.arduino.cc", 8443) if url == ARDUINO else None,
    )


def _checked_url(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a bad port or IPv6 address
        whole = False
    if not whole:
        raise CommandError("--url: expected https://host or https://host:port, got %r" % url, USAGE)
    if parts.username is not None or parts.query or parts.fragment:
        raise CommandError("--url: expected an address without user, query or fragment", USAGE)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise CommandError("--url: the API key would go unencrypted to %s; use https" % parts.hostname, USAGE)
    return url.rstrip("/").removesuffix("/iot")


def _key(options: argparse.Namespace) -> tuple[str, str, str | None] | None:
    if options.credentials:
        return _key_in(options.credentials)
    client_id, client_secret = map(plain_text.of_environment, KEY_VARIABLES)
    if bool(client_id) != bool(client_secret):
        given, missing = KEY_VARIABLES if client_id else reversed(KEY_VARIABLES)
        raise CommandError("%s is set in the environment, but %s is not" % (given, missing), USAGE)
    if not client_id or not client_secret:
        return None
    return client_id, client_secret, plain_text.of_environment(ORGANIZATION_VARIABLE) or None


def _key_in(path: Path) -> tuple[str, str, str | None]:
    document = read(path, secret=True)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise CommandError("others can read %s (mode %o); run chmod 600 on it" % (path, mode), USAGE)
    fields = mapping(
        document,
        document.root,
        "",
        {"client": text(256), "secret": text(256), "organization": text(64)},
        required=("client", "secret"),
    )
    document.finish()
    return fields["client"], fields["secret"], fields.get("organization")
