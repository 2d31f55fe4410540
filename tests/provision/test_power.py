"""The power fails after any change of the settings. The board is then the one device or the other or none, never
half of each, and the same program completes the change."""

import ast

import pytest
from link_rig import files_on, give_radio_and_nvs, run_on
from provisioning.board_link import BoardLink, PortLost
from toolchain.paths import ROOT

BOARDS = {
    "RPI_PICO_W": "Raspberry Pi Pico W with RP2040",  # in files
    "ESP32_GENERIC": "Generic ESP32 module with ESP32",  # in NVS
}
CLOUD = {"server": "192.0.2.7", "port": 8883}
OTHER = {"server": "192.0.2.8", "port": 8884}
KEPT = """
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open
settings = open(load())
try:
    print((settings.client_arguments(), settings.networks()))
except RuntimeError:
    print((None, settings.networks()))
"""


@pytest.fixture(params=sorted(BOARDS))
def board(request, plug):
    """A board that keeps its settings in a store, with the package and nothing else."""
    made = plug(installed=True, machine=BOARDS[request.param])
    give_radio_and_nvs(made)
    files_on(made, write={"/lib/board.py": (ROOT / "boards" / request.param / "board.py").read_bytes()})
    return made


def kept(board):
    """Return its client's arguments, or None if it counts as not provisioned, and its networks."""
    return ast.literal_eval(run_on(board, KEPT))


def run(board, program, **named):
    """Run one of the tool's programs on it."""
    with BoardLink(board.port) as link:
        return link.run(program, dry=False, **named)


def cuts(board, program, **named):
    """Run a program while the power fails after its first, second, … change, each time from the same beginning. Then
    let the same program do the rest. Return what the board has after each cut."""
    board.pull_out()
    before = board.flash.read_bytes()
    seen, ends = [], []
    for board.changes_left in range(1, 60):
        board.flash.write_bytes(before)
        board.plug_in()
        try:
            run(board, program, **named)
            break
        except PortLost:
            board.wait_cut()
        board.changes_left = None
        board.plug_in()
        seen.append(kept(board))
        run(board, program, **named)
        ends.append(kept(board))
        board.pull_out()
    board.changes_left = None
    assert seen and ends == [kept(board)] * len(ends)
    return seen


def device(name, cloud, certificate=None):
    """Return a device's settings."""
    secret = None if certificate else "the secret of " + name
    return {"device_id": name, "secret": secret, "certificate": certificate, "cloud": cloud, "root": name.encode()}


def test_another_device_and_cloud_come_whole_or_not_at_all(board):
    run(board, "store_device", **device("one", CLOUD))
    before, _ = kept(board)
    assert (before["server"], before["password"]) == ("192.0.2.7", "the secret of one")
    seen = cuts(board, "store_device", **device("two", OTHER))
    after, _ = kept(board)
    assert (after["server"], after["password"]) == ("192.0.2.8", "the secret of two")
    assert len(seen) >= 5  # remove the id, then the cloud, the root, the secret, the id
    assert [each for each, _ in seen if each not in (before, None)] in ([], [after])


def test_a_certificate_takes_the_place_of_a_secret_whole_or_not_at_all(board):
    run(board, "store_device", **device("one", CLOUD))
    before, _ = kept(board)
    assert cuts(board, "key_in_store", device_id="one", entropy=b"", new=False)[-1][0] == before
    _, request = run(board, "key_in_store", device_id="one", entropy=b"", new=False)
    seen = cuts(board, "store_device", **device("one", OTHER, b"0\1c"))
    after, _ = kept(board)
    assert "password" not in after and after["ssl_params"]["certfile"].endswith("#certificate")
    assert [each for each, _ in seen if each not in (before, None)] in ([], [after])
    assert run(board, "key_in_store", device_id="one", entropy=b"", new=False) == (False, request)


def test_networks_come_whole_or_not_at_all(board):
    one, two = ({"ssid": name, "password": "long enough"} for name in ("one", "two"))
    assert [networks for _, networks in cuts(board, "store_networks", networks=[one])][-1] == [one]
    seen = [networks for _, networks in cuts(board, "store_networks", networks=[two])]
    assert seen and all(networks in ([one], [two, one]) for networks in seen)
    assert kept(board)[1] == [two, one]
