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

from arduino_iot_cloud.port import log

from .key_store import open as open_store
from .keys import LARGEST, KeyCorrupted, KeyNotFound

NAMESPACE = "arduino"  # in an NVS
_FOLDER = "keys"  # for files, in the folder that the board starts in
_CHIPS = ("se05x", "atecc608")


def open(board=None) -> "Settings":
    """The settings of a board, in the store that `board.KEYS` names. For "files", and without a board, that is the
    folder `keys`.

    Raises ValueError if `KEYS` is none of docs/boards.md, OSError if the board does not have the store that it names.
    """
    kind = getattr(board, "KEYS", "files")
    if kind == "secrets":
        return Settings(None)
    if kind == "nvs":
        return Settings(open_store("nvs:" + NAMESPACE))
    if kind != "files" and kind not in _CHIPS:
        raise ValueError("board.KEYS: files, nvs, secrets, se05x or atecc608 expected, not %r" % (kind,))
    import os

    files = open_store("files:%s/%s" % (os.getcwd().rstrip("/"), _FOLDER))
    return Settings(files, open_store(kind) if kind != "files" else None)


class Settings:
    """The settings of a board: its device, its cloud, its networks.

    keys: the store; None to use only `secrets.py`.
    chip: the store in a chip, for key and certificate.
    complaints: after `networks`, `add_network` and `save`, what is wrong with the networks that cannot be used: a list
      of str such as "home: password: expected 8 to 63 characters, got 7".
    """

    complaints: list = []  # replaced, never changed

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
        """The Wi-Fi networks that can be used: [{"ssid": …, "password": …, …}]. What is wrong with the others is
        logged, and is in `complaints`. Raises KeyCorrupted if the list as a whole is damaged."""
        from .link.arguments import usable

        found, where = self._networks()
        found, self.complaints = usable(found)
        for complaint in self.complaints:
            log(30, "A network of %s is not used: %s" % (where, complaint))
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
        params = arguments.get("ssl_params") or {}
        if not isinstance(params, dict):
            raise KeyCorrupted("cloud", self.keys, "its ssl_params are not a dict")
        params = dict(params)
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

    def save(self, entered: dict) -> str:
        """Store the entries of the set-up page: a network (`ssid`, `password`), a device (`device_id`, `secret_key`).

        The network becomes the first one. Returns a text that names the stored networks that cannot be used; "" without
        any. Raises ValueError for entries that are not possible, OSError if the board cannot store them; then
        everything is as it was.
        """
        changes = []
        if entered.get("ssid"):
            network = {"ssid": entered["ssid"], "password": entered.get("password", "")}
            changes.append((self.keys, "networks", self._with(network)))
        if entered.get("device_id"):
            self._set(changes, entered["device_id"], entered.get("secret_key") or None)
        else:
            self._replace(changes)
        if not entered.get("ssid") or not self.complaints:
            return ""
        return "Stored networks that are not used: %s." % "; ".join(self.complaints)

    def add_network(self, network: dict) -> None:
        """Put a network before the others, replacing one with the same name. A list that is damaged as a whole is
        dropped, and so is an entry that is no dict; a network that cannot be used stays, as long as there is room.
        Raises ValueError for a network that WiFi does not take."""
        self._replace([(self.keys, "networks", self._with(network))])

    def set_networks(self, networks: list) -> None:
        """Replace the list of networks. Raises ValueError for a network that WiFi does not take."""
        if isinstance(networks, dict):
            networks = [networks]
        if networks:
            from .link.arguments import networks_of

            networks_of(networks)
        self._replace([(self.keys, "networks", json.dumps(list(networks)).encode())])

    def set_cloud(self, cloud: dict, root: "bytes | None" = None) -> None:
        """Store further arguments of the client, and the root certificate (DER) of a cloud that is not Arduino's; {}
        and None for Arduino's. Raises ValueError for anything that JSON does not have, OSError if the board cannot
        store it; then everything is as it was."""
        self._replace(self._cloud(cloud, root))

    def set_device(
        self,
        device_id: str,
        secret_key: "str | None" = None,
        *,
        cloud: "dict | None" = None,
        root: "bytes | None" = None,
        certificate: "bytes | None" = None,
    ) -> None:
        """Store the device's id and its secret key; None if it has `key` and `certificate` instead.

        cloud, root: its cloud, as `set_cloud` takes it; None keeps what is stored.
        certificate: a new certificate (DER) for its key; None keeps what is stored.

        Raises ValueError for values that are not possible, OSError if the board cannot store them; then everything is
        as it was. The id is deleted first and stored last, so if the power fails meanwhile, the board counts as not
        provisioned.
        """
        changes = [] if cloud is None else self._cloud(cloud, root)
        if certificate is not None:
            changes.insert(0, (self.device_keys, "certificate", certificate))
        self._set(changes, device_id, secret_key)

    def _set(self, changes, device_id, secret_key):
        for name, text in (("device_id", device_id), ("secret_key", secret_key)):
            if not isinstance(text, str) and not (text is None and name == "secret_key"):
                raise ValueError("%s: text expected, not %s" % (name, type(text).__name__))
            if text == "":
                raise ValueError("%s: text expected, got none" % name)
        changes.append((self.keys, "secret_key", secret_key.encode() if secret_key else None))
        self._replace(changes, (self.keys, "device_id", device_id.encode()))

    def _cloud(self, cloud, root):
        text = None
        if cloud:
            # MicroPython writes what JSON does not have, and notices it only when it reads that.
            try:
                text = json.dumps(cloud)
                good = isinstance(json.loads(text), dict)
            except (TypeError, ValueError):
                good = False
            if not good:
                raise ValueError("cloud: a dict of values that JSON has expected, not %s" % type(cloud).__name__)
            text = text.encode()
        return [(self.keys, "cloud", text), (self.keys, "root", root)]

    def _with(self, network):
        # The list as it is stored with this network first. Bad ones stay in it: nothing that is stored gets lost, apart
        # from entries that are no dicts. They have no name, so nothing could ever replace them.
        from .link.arguments import networks_of, usable

        networks_of([network])
        ssid = network["ssid"]
        try:
            others, where = self._networks()
        except ValueError:  # damaged, or secrets.py is
            others = where = ()
        others = [one for one in others if isinstance(one, dict) and one.get("ssid") != ssid]
        good, self.complaints = usable(others)
        highest = max([one.get("priority", 0) for one in good] + [0])
        if highest and "priority" not in network:
            network = dict(network)
            network["priority"] = highest + 1
        if where is not self.keys:  # those of secrets.py stay there, and may be of any type
            others = good
        data = json.dumps([network] + others).encode()
        return data if len(data) <= LARGEST else json.dumps([network] + good).encode()

    def _networks(self):
        # (the list, however bad its entries are; where it is from)
        found = self._json("networks", list)
        if found is not None:
            return found, self.keys
        found = _secret("networks", None) or []
        if isinstance(found, dict):
            found = [found]
        if not isinstance(found, (list, tuple)):
            raise KeyCorrupted("networks", "secrets.py", "not a list of dicts")
        return found, "secrets.py"

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

    def _replace(self, changes, guard=None):
        from .keys.replacing import replace

        if not self.keys:
            raise OSError(30, "secrets.py is read-only: this board has no store for settings")  # EROFS
        replace(changes, guard)


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
    cloud = _secret("cloud", {})
    if not isinstance(cloud, dict):
        raise KeyCorrupted("cloud", "secrets.py", "not a dict")
    arguments.update(cloud)
    return arguments
