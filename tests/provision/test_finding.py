"""Which port the board is at, and what boards there are."""

from collections import namedtuple

import pytest
from localcloud.cli.exits import CommandError
from provisioning import boards, ports

Port = namedtuple("Port", "device vid pid")
BUILT_IN = Port("/dev/ttyS0", None, None)
NANO = Port("/dev/ttyACM0", 0x2341, 0x025E)  # Nano RP2040 Connect
PICO = Port("/dev/ttyACM1", 0x2E8A, 0x0005)
BRIDGE = Port("/dev/ttyUSB0", 0x10C4, 0xEA60)  # a serial chip, as on most ESP32 modules


@pytest.mark.parametrize("wanted", [NANO, PICO, BRIDGE])
def test_the_only_board_is_found(wanted):
    assert ports.find(None, None, [BUILT_IN, wanted]) == wanted.device


def test_a_board_goes_before_what_only_may_be_one():
    assert ports.find(None, None, [BRIDGE, BUILT_IN, PICO]) == PICO.device


def test_among_several_the_named_one_is_taken():
    assert ports.find(None, "ARDUINO_NANO_RP2040_CONNECT", [PICO, NANO]) == NANO.device
    assert ports.find("/dev/ttyS0", None, [PICO, NANO, BUILT_IN]) == "/dev/ttyS0"


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ([PICO, NANO], ["several boards", "/dev/ttyACM0 (2341:025e)", "/dev/ttyACM1 (2e8a:0005)", "--port"]),
        ([BRIDGE, BRIDGE._replace(device="/dev/ttyUSB1")], ["no known board is connected", "/dev/ttyUSB1", "--port"]),
        ([BUILT_IN], ["no board found", "--port"]),
    ],
)
def test_where_it_is_not_clear_it_says_what_is_there(there, words):
    with pytest.raises(CommandError) as caught:
        ports.find(None, None, there)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", boards.names())
def test_the_facts_of_each_board_are_read_without_running_it(name):
    facts = boards.facts(name)
    assert facts["NAME"] == name and facts["PORT"] and "KEYS" in facts
