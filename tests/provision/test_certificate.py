"""`--certificate`: the board makes a key, and the cloud issues a certificate for it. That alone lets the board in."""

import asyncio
import base64
import re
from pathlib import Path

import pytest
from arduino_cloud_board.keys import unseal
from arduino_cloud_board.keys.csr import public_key_of
from arduino_iot_cloud import ArduinoCloudClient
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from link_rig import files_on, give_radio_and_nvs

PICO = "Raspberry Pi Pico W with RP2040"


class Unix:
    """A board that keeps everything in secrets.py and files beside it."""

    machine, arguments, env = "", (), {}
    key, certificate = "/device_key.der", "/device_certificate.der"

    @staticmethod
    def data(stored):
        """Return the content of such a file."""
        return stored


class PicoW(Unix):
    """A board with a radio and a store for its settings, here one in files."""

    machine, env = PICO, {"ARDUINO_WIFI_PASSWORD": "long enough"}
    arguments = ("--server", "127.0.0.1", "--wifi", "the workshop")
    key, certificate = "/keys/key.key", "/keys/certificate.key"
    data = staticmethod(unseal)


class Kept:
    """A board with its own key, and what a test can see of it."""

    def __init__(self, kind, board, provision, cloud):
        self.kind, self._board, self._provision, self._cloud = kind, board, provision, cloud

    def told(self, *arguments):
        """Provision it with a certificate, and return the steps."""
        return self.run("--certificate", *arguments)["steps"]

    def run(self, *arguments):
        """Provision it, and return what is reported."""
        return self._provision.told(self._board, *self.kind.arguments, *arguments, env=self.kind.env)

    def pair(self):
        """Return its private key and its certificate (DER)."""
        files = files_on(self._board)
        return tuple(self.kind.data(files[path]) for path in (self.kind.key, self.kind.certificate))

    def flash(self):
        """Return everything in its flash, once nothing changes any more."""
        self._board.settle()
        return self._board.flash.read_bytes()

    @property
    def device_id(self):
        """The id of its device."""
        return self._provision.journal()["device_id"]

    @property
    def certificates(self):
        """The certificates that the cloud has (DER)."""
        return [base64.b64decode(each["der"]) for each in self._cloud.certificates(self.device_id)]

    def gets_in(self, *pair):
        """Return True if the cloud accepts this key and certificate, and otherwise the error."""
        return asyncio.run(self._gets_in(self._cloud.mtls_port, {"keyfile": pair[0], "certfile": pair[1]}))

    def gets_in_with_secret(self, secret):
        """Return True if the cloud accepts this secret, and otherwise the error."""
        return asyncio.run(self._gets_in(self._cloud.mqtts_port, {}, self.device_id, secret))

    async def _gets_in(self, port, params, *login):
        params = {**params, "cafile": self._cloud.ca_der_file}
        client = ArduinoCloudClient(self.device_id, *login, ssl_params=params, server=self._cloud.host, port=port)
        running = asyncio.create_task(client.run(interval=0.05, backoff=1))
        deadline = asyncio.get_running_loop().time() + 10
        while not client.connected and client.error is None:
            assert asyncio.get_running_loop().time() < deadline, client.state
            await asyncio.sleep(0.02)
        accepted = client.connected or str(client.error)
        client.stop()
        await running
        return accepted


@pytest.fixture(params=[Unix, PicoW])
def kept(request, plug, provision, cloud):
    """A Kept of each kind, with the package on it."""
    board = plug(installed=True, machine=request.param.machine)
    if request.param.machine:
        give_radio_and_nvs(board)
    made = Kept(request.param, board, provision, cloud)
    made.board = board
    return made


def test_a_key_made_on_the_board_gets_it_in_and_never_leaves(kept, provision, cloud, unique):
    done = provision.run(
        kept.board, "--certificate", "--thing", unique, *kept.kind.arguments, env=kept.kind.env
    )
    assert "online, a value arrived" in done.stdout  # and it has no secret that would let it in
    seen = bytes(kept.board.said) + (done.stdout + done.stderr).encode()
    seen += b"".join(path.read_bytes() for path in provision.journals.iterdir())
    seen += b"".join(path.read_bytes() for path in Path(cloud.data).rglob("*") if path.is_file())

    key, certificate = kept.pair()
    private = load_der_private_key(key, None)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert public_key_of(certificate) == public and kept.certificates == [certificate]
    number = private.private_numbers().private_value.to_bytes(32, "big")
    assert shown(public, seen) and not shown(number, seen)

    before, journal = kept.flash(), provision.journal()
    steps = kept.told("--thing", unique, "--no-check")
    assert [name for name, each in steps.items() if each["changed"]] == []
    assert kept.flash() == before and provision.journal() == journal and kept.certificates == [certificate]


def shown(data, text):
    """Return whether the bytes are in a text, in any usual form."""
    forms = [data, data.hex().encode(), data.hex().upper().encode(), repr(data)[2:-1].encode()]
    for offset in range(3):  # base64 starts over every three bytes
        forms.append(base64.b64encode(data[offset:][: (len(data) - offset) // 3 * 3]))
    plain = re.sub(rb"[\r\n]", b"", text)
    return any(form in plain or form in text for form in forms)


@pytest.fixture
def quiet(tmp_path, unique):
    """Options for a device with a thing and a program that does nothing, so that another client can be the device."""
    program = tmp_path / "program.py"
    program.write_text("print('nothing')\n")
    return "--no-check", "--thing", unique, "--main", program


def test_with_a_new_key_the_old_certificate_lets_nobody_in(kept, quiet):
    kept.told(*quiet)
    old = kept.pair()
    assert kept.gets_in(*old) is True
    steps = kept.told(*quiet, "--new-secret")
    assert steps["key"]["changed"] and steps["credentials"]["changed"]
    new = kept.pair()
    assert new[0] != old[0] and kept.certificates == [new[1]]
    assert kept.gets_in(*new) is True
    assert "refused" in kept.gets_in(*old)


@pytest.mark.parametrize("kept", [PicoW], indirect=True)
def test_a_certificate_takes_the_place_of_a_secret_and_a_secret_that_of_a_certificate(kept, quiet, provision):
    kept.run(*quiet)
    secret = provision.journal()["secret"]
    assert kept.gets_in_with_secret(secret) is True
    assert kept.told(*quiet)["secret"]["changed"]
    pair = kept.pair()
    assert "refused" in kept.gets_in_with_secret(secret) and kept.gets_in(*pair) is True
    kept.run(*quiet)
    assert kept.certificates == [] and "refused" in kept.gets_in(*pair)
    assert kept.gets_in_with_secret(provision.journal()["secret"]) is True


@pytest.mark.parametrize("kept", [PicoW], indirect=True)
def test_a_dry_run_tells_each_step_and_changes_nothing(kept, provision):
    before = kept.flash()
    steps = kept.told("--dry-run", "--no-check")
    for step in ("key", "certificate", "credentials"):
        assert "would" in steps[step]["text"], steps
    assert kept.flash() == before and not provision.journals.exists()
    kept.told("--no-check")
    before = kept.flash(), kept.certificates
    steps = kept.told("--dry-run", "--no-check")
    assert [name for name, each in steps.items() if each["changed"]] == []
    assert kept.told("--dry-run", "--no-check", "--new-secret")["key"]["changed"]
    assert (kept.flash(), kept.certificates) == before
