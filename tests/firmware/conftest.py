"""Fixtures of the firmware's tests. What is not built yet is built by the first test that needs it."""

from pathlib import Path

import pytest
from emulated import Board, make_image
from firmware_build.build import build
from toolchain.parts import firmware


@pytest.fixture(scope="session")
def emulated_firmware():
    """QEMU_ARM's firmware, up to date: its path."""
    return build("QEMU_ARM")


@pytest.fixture(scope="session")
def empty_firmware():
    """QEMU_ARM's firmware with nothing of ours in it: its path."""
    return build("QEMU_ARM", manifest=Path(__file__).with_name("empty.py"))


@pytest.fixture(scope="session")
def core_alone_firmware():
    """QEMU_ARM's firmware with the client alone, without what boards share: its path."""
    return build("QEMU_ARM", manifest=Path(__file__).with_name("core_alone.py"))


@pytest.fixture(scope="session")
def unix_firmware():
    """The unix port with the client frozen in, up to date: its path."""
    return build("UNIX")


@pytest.fixture(scope="module")
def board(emulated_firmware, tmp_path_factory):
    """An emulated board that is switched on (emulated.Board), with tests/unit/client in a ROMFS image."""
    firmware.install(firmware.EMULATOR)
    board = Board(emulated_firmware, make_image(tmp_path_factory.mktemp("rom")))
    yield board
    board.stop()
