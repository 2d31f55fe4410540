"""What a provisioned board keeps of its device, its networks and its cloud, on top of a key store.

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

What is not there comes from `secrets.py`: the device with its key and its cloud as a whole (DEVICE_ID, SECRET_KEY,
CLOUD), the networks by themselves (NETWORKS, or WIFI_SSID and WIFI_PASS).
"""

import json

from .key_store import open as open_store
from .keys import KeyCorrupted, KeyNotFound

NAMESPACE = "arduino"  # of an NVS
_FOLDER = "keys"  # of files, in the folder that the board starts in
_CHIPS = ("se05x", "atecc608")


def open(board=None) -> "Settings":
    """The settings of a board: `board.KEYS` says where. Without a board, and for "files", in the folder `keys`.

    Raises OSError where the board does not have what its `KEYS` says.
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
    """What a board was told: its device, its cloud, its networks.

    keys: the store; None: nothing but `secrets.py`.
    chip: the store of a chip, for key and certificate.
    """

    def __init__(self, keys, chip=None):
        self.keys = keys
        self.chip = chip

    def __repr__(self):
        return "Settings(%s)" % ", ".join([str(store) for store in (self.keys, self.chip) if store])

    @property
    def device_keys(self):
        """The store that has `key` and `certificate`: the chip, where there is one."""
        return self.chip or self.keys

    def device_id(self) -> str:
        """The device's id, "" where the board has not been provisioned. Raises KeyCorrupted."""
        return self._text("device_id") or _secret("device_id", "")

    def networks(self) -> list:
        """The Wi-Fi networks: [{"ssid": …, "password": …, …}]. Raises KeyCorrupted."""
        found = self._json("networks", list)
        where = self.keys
        if found is None:
            found, where = _secret("networks", []), "secrets.py"
        found = [found] if isinstance(found, dict) else list(found or ())
        if not all([isinstance(one, dict) for one in found]):
            raise KeyCorrupted("networks", where, "this is no list of dicts")
        return found

    def client_arguments(self) -> dict:
        """The arguments of ArduinoCloudClient for this device.

        Raises RuntimeError where the board has not been provisioned, KeyCorrupted for what is damaged. Private key and
        certificate are named, not loaded: that happens during each TLS handshake.
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
        """Keep what the set-up page was given: a network (`ssid`, `password`), a device (`device_id`, `secret_key`).

        The network comes first from now on. Raises ValueError where they do not fit, OSError where the board has no
        room to keep them.
        """
        if entered.get("ssid"):
            self.add_network({"ssid": entered["ssid"], "password": entered.get("password", "")})
        if entered.get("device_id"):
            self.set_device(entered["device_id"], entered.get("secret_key"))

    def add_network(self, network: dict) -> None:
        """Put a network in front of the others, in place of one of the same name; of a damaged list nothing stays."""
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
        """Keep further arguments of the client, and the root certificate (DER) of a cloud of one's own; {} and None
        for Arduino's."""
        self._keep("cloud", json.dumps(cloud).encode() if cloud else None)
        self._keep("root", root)

    def set_device(self, device_id: str, secret_key: "str | None" = None) -> None:
        """Keep the device's id, and its secret key; without one it has `key` and `certificate`.

        The id goes first and comes last: while the power goes in the middle, the board counts as not provisioned.
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
        # None where it is not there
        try:
            return self.keys.load(name) if self.keys else None
        except KeyNotFound:
            return None

    def _text(self, name):
        # None where it is not there. What Python says of bytes that are no text would show them.
        try:
            return self._decoded(name)
        except UnicodeError:
            pass
        raise KeyCorrupted(name, self.keys, "this is no text")

    def _json(self, name, kind):
        # None where it is not there
        try:
            found = self._decoded(name)
            found = None if found is None else json.loads(found)
            if found is None or isinstance(found, kind):
                return found
        except KeyCorrupted:
            raise
        except ValueError:
            pass
        raise KeyCorrupted(name, self.keys, "this is no JSON of its kind")

    def _decoded(self, name):
        data = self._load(name)
        return None if data is None else data.decode()

    def _store(self, name, data):
        if not self.keys:
            raise OSError(30, "secrets.py is only read: this board has no store for settings")  # EROFS
        self.keys.store(name, data)

    def _keep(self, name, data):
        # Store it, or see that there is none
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
