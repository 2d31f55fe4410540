"""The settings that a board keeps: its device's credentials, its Wi-Fi networks, the address of its cloud.

They are in its key store, in the form of `arduino_cloud_board.settings`; on a board without one, in secrets.py.
"""

import secrets
from typing import Any

from arduino_cloud_board.link.arguments import usable

from . import secrets_file
from .board_link import NEW, BoardError, BoardLink
from .board_side import Found
from .journal import Journal

_KEY = "device_key.der"
_CERTIFICATE = "device_certificate.der"
_ROOT = "cloud_root.der"


def stored(link: BoardLink, found: Found, *, dry_run: bool) -> "InSecrets | InStore":
    """Return the settings in the place that fits the board."""
    kind = InSecrets if found.facts.get("KEYS", "files") == "secrets" else InStore
    return kind(link, found, dry_run=dry_run)


def tidy(link: BoardLink, found: Found, *, dry_run: bool) -> None:
    """Remove the half-written files that an interrupted run has left beside main.py and board.py."""
    names = ("main.py", "secrets.py", "board_name", "provisioning_id", _KEY, _CERTIFICATE, _ROOT)
    half = list(link.hashes([*("%s/%s%s" % (found.root, name, NEW) for name in names), found.file.path + NEW]))
    if half and not dry_run:
        link.remove(half)


class InSecrets:
    """Settings in secrets.py, beside main.py, with keys and certificates in files.

    Each method returns what was done in words, "" for nothing.
    """

    def __init__(self, link: BoardLink, found: Found, *, dry_run: bool) -> None:
        self._link = link
        self._root = found.root
        self._path = found.root + "/secrets.py"
        self._dry_run = dry_run

    def check(self) -> None:
        """Raise CommandError if nothing could be stored, before an earlier device's secret stops working."""
        names = ("DEVICE_ID", "SECRET_KEY", "CLOUD", "WIFI_SSID", "WIFI_PASS", "NETWORKS")
        secrets_file.changed(self._link.run("read", path=self._path) or b"", dict.fromkeys(names))

    def _put(self, values: dict[str, Any]) -> bool:
        before = self._link.run("read", path=self._path) or b""
        after = secrets_file.changed(before, values)
        if after == before:
            return False
        if not self._dry_run:
            self._link.put(self._path, after)
        return True

    def _put_file(self, name: str, data: bytes) -> bool:
        path = "%s/%s" % (self._root, name)
        if self._link.run("read", path=path) == data:
            return False
        if not self._dry_run:
            self._link.put(path, data)
        return True

    def _cloud(self, client: dict[str, Any], params: dict[str, str]) -> tuple[dict[str, Any], bool]:
        """Return further arguments of the client, and whether the file of the root certificate is new."""
        new = False
        if "root" in client:
            new = self._put_file(_ROOT, client["root"])
            params = {**params, "cafile": "%s/%s" % (self._root, _ROOT)}
        cloud = {key: value for key, value in client.items() if key != "root"}
        return ({**cloud, "ssl_params": params} if params else cloud), new

    def secret(self, journal: Journal, client: dict[str, Any]) -> str:
        """Store the device's id and secret; return what was done."""
        cloud, new = self._cloud(client, {})
        values = {"DEVICE_ID": journal.get("device_id"), "SECRET_KEY": journal.get("secret"), "CLOUD": cloud}
        return self._written(self._put(values) or new)

    def _written(self, done: bool) -> str:
        return done and "secrets.py %s" % ("would be written" if self._dry_run else "written") or ""

    def networks(self, wanted: list[dict[str, Any]]) -> tuple[str, str]:
        """Store the networks: several replace the old ones, a single one comes before them.

        Returns what was done, and a note to add, in words, "" for none.
        """
        if len(wanted) == 1:
            wanted = self._before_others(wanted[0])
        if len(wanted) > 1:
            values = {"NETWORKS": wanted, "WIFI_SSID": None, "WIFI_PASS": None}
        else:
            values = {"WIFI_SSID": wanted[0]["ssid"], "WIFI_PASS": wanted[0]["password"], "NETWORKS": None}
        return self._written(self._put(values)), ""

    def _before_others(self, first: dict[str, Any]) -> list[Any]:
        # As the board's Settings.add_network does it in a store
        there = secrets_file.constants(self._link.run("read", path=self._path) or b"")
        others = there.get("NETWORKS") or []
        if not others and there.get("WIFI_SSID"):
            others = [{"ssid": there["WIFI_SSID"], "password": there.get("WIFI_PASS") or ""}]
        others = [others] if isinstance(others, dict) else list(others)
        if others and isinstance(others[0], dict) and all(others[0].get(key) == first[key] for key in first):
            return others
        others = [each for each in others if not isinstance(each, dict) or each.get("ssid") != first["ssid"]]
        good, _ = usable(others)
        highest = max([each.get("priority", 0) for each in good] + [0])
        if highest and "priority" not in first:
            first = {**first, "priority": highest + 1}
        return [first, *others]

    def request(self, device_id: str, *, new: bool) -> tuple[str, str | None]:
        """Have the board make a private key, unless it has one, and keep it.

        Returns what was done, and the certificate request (PEM): None if a dry run finds no key.
        """
        path = "%s/%s" % (self._root, _KEY)
        named = {"path": path, "device_id": device_id, "new": new}
        return _request(self._link, "key_in_file", "on the board", self._dry_run, **named)

    def certificate(self, journal: Journal, certificate: bytes | None, client: dict[str, Any]) -> str:
        """Store the device's id and certificate (None in a dry run that got none); return what was done."""
        done = certificate is None or self._put_file(_CERTIFICATE, certificate)
        params = {"keyfile": "%s/%s" % (self._root, _KEY), "certfile": "%s/%s" % (self._root, _CERTIFICATE)}
        cloud, new = self._cloud(client, params)
        values = {"DEVICE_ID": journal.get("device_id"), "SECRET_KEY": None, "CLOUD": cloud}
        return self._written(self._put(values) or done or new)


class InStore:
    """Settings in the board's key store, with `arduino_cloud_board.settings`.

    Each method returns what was done in words, "" for nothing.
    """

    def __init__(self, link: BoardLink, found: Found, *, dry_run: bool) -> None:
        self._link = link
        self._where = found.facts.get("KEYS", "files")
        self._dry_run = dry_run

    def check(self) -> None:
        """Raise CommandError if nothing could be stored: see InSecrets."""
        _run(self._link, "store_opens", self._dry_run, True)

    def _store(self, program: str, **named: Any) -> str:
        return self._words(_run(self._link, program, self._dry_run, True, **named))

    def _words(self, changed: bool) -> str:
        return changed and "%s %s" % ("would be put into" if self._dry_run else "into", self._where) or ""

    def _device(self, journal: Journal, client: dict[str, Any], secret: Any, certificate: bytes | None) -> str:
        cloud = {key: value for key, value in client.items() if key != "root"}
        named = {"device_id": journal.get("device_id") or "", "secret": secret, "certificate": certificate}
        return self._store("store_device", cloud=cloud, root=client.get("root"), **named)

    def secret(self, journal: Journal, client: dict[str, Any]) -> str:
        """Store the device's id and secret; return what was done."""
        return self._device(journal, client, journal.get("secret"), None)

    def certificate(self, journal: Journal, certificate: bytes | None, client: dict[str, Any]) -> str:
        """Store the device's id and certificate (None in a dry run that got none); return what was done."""
        return self._device(journal, client, None, b"" if certificate is None else certificate)

    def request(self, device_id: str, *, new: bool) -> tuple[str, str | None]:
        """Have the board make a private key, unless it has one, and keep it: see InSecrets."""
        where = "in %s" % self._where
        return _request(self._link, "key_in_store", where, self._dry_run, device_id=device_id, new=new)

    def networks(self, wanted: list[dict[str, Any]]) -> tuple[str, str]:
        """Store the networks; return what was done, and which others stay and cannot be used: see InSecrets."""
        changed, unused = _run(self._link, "store_networks", self._dry_run, (True, []), networks=wanted)
        note = "; these stay and are not used: %s" % "; ".join(unused) if unused else ""
        return self._words(changed), note


def _run(link: BoardLink, program: str, dry_run: bool, otherwise: Any, **named: Any) -> Any:
    """Run a program that needs the package on the board; `otherwise`: the answer in a dry run without the package."""
    try:
        return link.run(program, dry=dry_run, **named)
    except BoardError as error:
        if dry_run and error.lacks_package:
            return otherwise
        raise


def _request(link: BoardLink, program: str, where: str, dry_run: bool, **named: Any) -> tuple[str, str | None]:
    # Entropy for the key in addition to the board's: a board that was just switched on may have little.
    entropy = secrets.token_bytes(32)
    named["device_id"] = named["device_id"] or "none yet"
    made, request = _run(link, program, dry_run, (True, None), entropy=entropy, **named)
    return made and "%smade %s" % ("would be " if dry_run else "", where) or "", request
