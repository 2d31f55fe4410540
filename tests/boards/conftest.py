"""Fixtures for whole boards: a world around a board, a cloud in it, a day."""

import pytest
from board_days import Day, LastingCloud
from board_worlds import BoardWorld, build_clock, new_page
from toolchain.paths import ROOT

SAMPLE_EVERY = 10  # seconds, in the board's time


@pytest.fixture(scope="session")
def preload(tmp_path_factory):
    return build_clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture
def page(tmp_path):
    return new_page(tmp_path / "page")


@pytest.fixture
def cloud(tmp_path, preload, page):
    # With the board's clock: the cloud does not accept values from its future.
    made = LastingCloud(tmp_path / "cloud", {"LD_PRELOAD": preload, "CLOUD_CLOCK": str(page)})
    yield made
    made.stop()


BOARDS = [(32, "RPI_PICO_W", "cyw43"), (64, "ESP32_GENERIC", "esp32")]  # bits, board, radio


@pytest.fixture(params=BOARDS, ids=lambda param: param[1])
def world(request, tmp_path, preload, page, cloud):
    bits, board, radio = request.param
    folder = tmp_path / "flash"
    folder.mkdir()
    (folder / "board_name").write_text(board)
    (folder / "board.py").write_bytes((ROOT / "boards" / board / "board.py").read_bytes())
    made = BoardWorld(board, bits, folder, page, preload, cloud, {"RADIO": radio, "EVERY": str(SAMPLE_EVERY)})
    yield made
    made.close()


@pytest.fixture
def day(world, cloud):
    return Day(world, cloud)
