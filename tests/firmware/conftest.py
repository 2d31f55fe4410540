"""Fixtures for the tests of the firmware. The first test that needs a firmware builds it."""

from pathlib import Path

import pytest
from emulated import Board, make_image
from firmware_build.build import build
from toolchain.parts import firmware


@pytest.fixture(scope="session")
def emulated_firmware():
    """The path of QEMU_ARM's firmware, up to date."""
    return build("QEMU_ARM")


@pytest.fixture(scope="session")
def empty_firmware():
    """The path of QEMU_ARM's firmware without our code."""
    return build("QEMU_ARM", manifest=Path(__file__).with_name("empty.py"))


@pytest.fixture(scope="session")
def core_alone_firmware():
    """The path of QEMU_ARM's firmware with the client, but without the board layer."""
    return build("QEMU_ARM", manifest=Path(__file__).with_name("core_alone.py"))


@pytest.fixture(scope="session")
def unix_firmware():
    """The path of the unix port with the client frozen in, up to date."""
    return build("UNIX")


@pytest.fixture(scope="module")
def board(emulated_firmware, tmp_path_factory):
    """A running emulated board (emulated.Board) with tests/unit/client in a ROMFS image."""
    firmware.install(firmware.EMULATOR)
    board = Board(emulated_firmware, make_image(tmp_path_factory.mktemp("rom")))
    yield board
    board.stop()
