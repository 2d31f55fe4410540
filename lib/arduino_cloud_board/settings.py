"""The settings of a provisioned board, kept in a key store: its device, its networks and its cloud.

    settings = open(board)
    client = ArduinoCloudClient(**settings.client_arguments())

| name in the store | |
|---|---|
| `device_id` | the device's id |
| `secret_key` | its secret key; or instead |
| `key`, `certificate` | its private key and certificate (DER) |
| `networks` | Wi-Fi networks: a list in JSON, as `wifi.WiFi` takes them |
| `cloud` | further arguments of ArduinoCloudClient, such as `server` and `port`, in JSON |
| `root` | the root certificate (DER) of a cloud that is not Arduino's |

Missing settings come from `secrets.py`: the device together with its key and cloud (DEVICE_ID, SECRET_KEY, CLOUD), the
networks separately (NETWORKS, or WIFI_SSID and WIFI_PASS).
"""

import json

from .key_store import open as open_store
from .keys import KeyCorrupted, KeyNotFound

NAMESPACE = "arduino"  # in an NVS
_FOLDER = "keys"  # for files, in the folder that the board starts in
_CHIPS = ("se05x", "atecc608")


def open(board=None) -> "Settings":
    """The settings of a board, in the store that `board.KEYS` names. For "files", and without a board, that is the
    folder `keys`.

    Raises OSError if the board does not have the store that `KEYS` names.
    """
    kind = getattr(board, "KEYS", "files")
    if kind == "secrets":
        return Settings(None)
    if kind == "nvs":
        return Settings(open_store("nvs:" + NAMESPACE))
    import os

    files = open_store("files:%s/%s" % (os.getcwd().rstrip("/"), _FOLDER))
    return Settings(files, open_store(kind) if kind in _CHIPS else None)


class Settings:
    """The settings of a board: its device, its cloud, its networks.

    keys: the store; None to use only `secrets.py`.
    chip: the store in a chip, for key and certificate.
    """

    def __init__(self, keys, chip=None):
        self.keys = keys
        self.chip = chip

    def __repr__(self):
        return "Settings(%s)" % ", ".join([str(store) for store in (self.keys, self.chip) if store])

    @property
    def device_keys(self):
        """The store for `key` and `certificate`: the chip if there is one."""
        return self.chip or self.keys

    def device_id(self) -> str:
        """The device's id; "" if the board was not provisioned. Raises KeyCorrupted."""
        return self._text("device_id") or _secret("device_id", "")

    def networks(self) -> list:
        """The Wi-Fi networks: [{"ssid": …, "password": …, …}]. Raises KeyCorrupted."""
        found = self._json("networks", list)
        where = self.keys
        if found is None:
            found, where = _secret("networks", []), "secrets.py"
        found = [found] if isinstance(found, dict) else list(found or ())
        if not all([isinstance(one, dict) for one in found]):
            raise KeyCorrupted("networks", where, "not a list of dicts")
        return found

    def client_arguments(self) -> dict:
        """The arguments of ArduinoCloudClient for this device, a dict.

        They name the private key and the certificate, which are loaded during each TLS handshake. Raises RuntimeError
        if the board was not provisioned, KeyCorrupted if a setting is damaged.
        """
        device_id = self._text("device_id")
        if not device_id:
            return _arguments_of_secrets()
        arguments = {"device_id": device_id}
        arguments.update(self._json("cloud", dict) or {})
        params = dict(arguments.get("ssl_params") or {})
        secret = self._text("secret_key")
        if secret:
            arguments["username"], arguments["password"] = device_id, secret
        else:
            for parameter, name in (("keyfile", "key"), ("certfile", "certificate")):
                if not self.device_keys.has(name):
                    raise RuntimeError("%s has no '%s' and no 'secret_key': provision the board" % (self, name))
                params[parameter] = _uri(self.device_keys, name)
        if self._load("root"):
            params["cafile"] = _uri(self.keys, "root")
        if params:
            arguments["ssl_params"] = params
        return arguments

    def save(self, entered: dict) -> None:
        """Store the entries of the set-up page: a network (`ssid`, `password`), a device (`device_id`, `secret_key`).

        The network becomes the first one. Raises ValueError if an entry is too long, OSError if the board cannot store
        it.
        """
        if entered.get("ssid"):
            self.add_network({"ssid": entered["ssid"], "password": entered.get("password", "")})
        if entered.get("device_id"):
            self.set_device(entered["device_id"], entered.get("secret_key"))

    def add_network(self, network: dict) -> None:
        """Put a network before the others, replacing one with the same name. A damaged list is dropped."""
        try:
            others = self.networks()
        except KeyCorrupted:
            others = []
        others = [one for one in others if one.get("ssid") != network["ssid"]]
        highest = max([one.get("priority", 0) for one in others] + [0])
        if highest and "priority" not in network:
            network = dict(network)
            network["priority"] = highest + 1
        self.set_networks([network] + others)

    def set_networks(self, networks: list) -> None:
        """Replace the list of networks."""
        self._store("networks", json.dumps(networks).encode())

    def set_cloud(self, cloud: dict, root: "bytes | None" = None) -> None:
        """Store further arguments of the client, and the root certificate (DER) of a cloud that is not Arduino's; {}
        and None for Arduino's."""
        self._keep("cloud", json.dumps(cloud).encode() if cloud else None)
        self._keep("root", root)

    def set_device(self, device_id: str, secret_key: "str | None" = None) -> None:
        """Store the device's id and its secret key; None if it has `key` and `certificate` instead.

        The id is deleted first and stored last, so if the power fails meanwhile, the board counts as not provisioned.
        """
        new = secret_key.encode() if secret_key else None
        try:
            if self._load("device_id") == device_id.encode() and self._load("secret_key") == new:
                return
        except KeyCorrupted:
            pass
        self._keep("device_id", None)
        self._keep("secret_key", new)
        self._store("device_id", device_id.encode())

    def _load(self, name):
        # None if it does not exist
        try:
            return self.keys.load(name) if self.keys else None
        except KeyNotFound:
            return None

    def _text(self, name):
        # None if it does not exist. Python's error for bytes that are not text would show them.
        try:
            return self._decoded(name)
        except UnicodeError:
            pass
        raise KeyCorrupted(name, self.keys, "not text")

    def _json(self, name, kind):
        # None if it does not exist
        try:
            found = self._decoded(name)
            found = None if found is None else json.loads(found)
            if found is None or isinstance(found, kind):
                return found
        except KeyCorrupted:
            raise
        except ValueError:
            pass
        raise KeyCorrupted(name, self.keys, "not the expected JSON")

    def _decoded(self, name):
        data = self._load(name)
        return None if data is None else data.decode()

    def _store(self, name, data):
        if not self.keys:
            raise OSError(30, "secrets.py is read-only: this board has no store for settings")  # EROFS
        self.keys.store(name, data)

    def _keep(self, name, data):
        # Store it, or delete it for None
        if data is not None:
            return self._store(name, data)
        try:
            if self.keys:
                self.keys.delete(name)
        except KeyNotFound:
            pass


def _uri(store, name):
    where = str(store)
    return "%s#%s" % (where if ":" in where else where + ":", name)


def _secret(name, otherwise):
    from .keys.secrets import SecretsKeys

    try:
        return SecretsKeys().value(name)
    except KeyNotFound:
        return otherwise


def _arguments_of_secrets():
    device_id = _secret("device_id", None)
    if not device_id:
        raise RuntimeError("This board has no device_id: provision it, or write a secrets.py.")
    arguments = {"device_id": device_id}
    secret = _secret("secret_key", None)
    if secret:
        arguments["username"], arguments["password"] = device_id, secret
    arguments.update(_secret("cloud", {}))
    return arguments
