"""The first steps in each board's README, followed exactly, on an empty board at a serial line."""

import ast
import asyncio
import os
import re
import shlex

import pytest
from arduino_cloud_api import CloudAPI
from link_rig import files_on, give_radio_and_nvs
from local_clouds import LocalCloud
from processes import Process
from serial_board import SerialBoard
from toolchain.paths import ROOT, TOOLS

BOARDS = ROOT / "boards"
REAL = sorted(path.name for path in BOARDS.iterdir() if path.is_dir() and path.name not in ("UNIX", "QEMU_ARM"))
PROGRAM = "print(\"mine\")\n"


def fact(name, what):
    """Return a constant of a board.py."""
    text = (BOARDS / name / "board.py").read_text()
    return ast.literal_eval(re.search(r"^%s = ([^#\n]+)" % what, text, re.M).group(1))


BY_CABLE = [name for name in REAL if str(fact(name, "NETWORK")).startswith("ethernet")]


def blocks(text, language):
    """Return the code blocks inside a numbered list."""
    found = re.findall(r"^ {3}```%s\n(.*?)^ {3}```$" % language, text, re.M | re.S)
    return [re.sub(r"^ {3}", "", block, flags=re.M) for block in found]


def lines_of(output):
    """Return the lines without what differs between runs (the port, the board's number, seconds), and the KB."""
    for pattern, instead in ((r"/dev/\S+", "/dev/…"), (r" [0-9a-f]{6} made", " … made"), (r"in [\d.]+ s$", "in … s")):
        output = re.sub(pattern, instead, output, flags=re.M)
    (kb,) = re.findall(r"files, (\d+) KB copied$", output, re.M)
    return re.sub(r"\d+ KB copied", "KB copied", output).splitlines(), int(kb)


@pytest.fixture
def board(request, tmp_path):
    """An empty board with that name."""
    name = request.param
    mount = "/flash" if fact(name, "PORT") in ("stm32", "renesas-ra") else "/"
    machine = fact(name, "MACHINE") + " with a chip"
    made = SerialBoard(tmp_path / "board", machine=machine, unique_id="0123456789abcdef", mount=mount)
    made.name, made.root = name, mount.rstrip("/")
    give_radio_and_nvs(made, made.root)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cloud_for_boards(tmp_path_factory):
    """A local cloud as in the READMEs, for all tests here. Each test removes what it has made in it."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"), "--address", "0.0.0.0")
    yield cloud
    cloud.stop()


async def _remove_what_was_made(cloud):
    api = CloudAPI(cloud.api_key_id, cloud.api_key_secret, base_url=cloud.http, token_url=cloud.token_url)
    async with api:
        for resource, first in ((api.things, cloud.thing_id), (api.devices, cloud.device_id)):
            for each in await resource.list().all():
                if each["id"] != first:
                    await resource.delete(each["id"], force=True)


@pytest.fixture
def run(board, cloud_for_boards, tmp_path):
    """`run(command)` -> the output of a tools/provision command in a README, for this board and cloud."""

    def run(command):
        program, *arguments = shlex.split(command)
        assert program == "./tools/provision"
        arguments += ["--port", board.port, "--data", cloud_for_boards.data, "--journal-dir", tmp_path / "journal"]
        environment = {**os.environ, "ARDUINO_WIFI_PASSWORD": "a long password"}
        done = Process([TOOLS / "provision", *arguments], environment, tmp_path).wait(60)
        assert done.returncode == 0, done
        return done.stdout

    yield run
    asyncio.run(_remove_what_was_made(cloud_for_boards))


@pytest.mark.parametrize("board", REAL, indirect=True)
def test_provision_prints_what_the_readme_says(board, run):
    text = (BOARDS / board.name / "README.md").read_text()
    (command,) = [block for block in blocks(text, "sh") if block.startswith("./tools/provision")]
    expected, about = lines_of(blocks(text, "text")[-1])
    printed, kb = lines_of(run(command))
    assert printed == expected
    assert abs(kb - about) <= 2, "boards/*/README.md, docs/provisioning.md: %d KB" % kb


@pytest.mark.parametrize("board", BY_CABLE, indirect=True)
def test_by_cable_provision_prints_the_same_without_the_line_on_wifi(board, run):
    text = (BOARDS / board.name / "README.md").read_text()
    expected, _ = lines_of(blocks(text, "text")[-1])
    printed, _ = lines_of(run("./tools/provision --thing Greenhouse"))
    assert printed == [line for line in expected if not line.startswith("Wi-Fi ")]


@pytest.mark.parametrize("board", ["RPI_PICO_W"], indirect=True)
def test_a_program_of_ones_own_takes_the_place_of_the_first_one(board, run, tmp_path):
    run("./tools/provision --wifi 'My network' --thing Greenhouse")
    (tmp_path / "my_program.py").write_text(PROGRAM)
    (command,) = {
        re.search(r"`(\./tools/provision --main my_program\.py [^`]+)`", (BOARDS / name / "README.md").read_text())[1]
        for name in REAL
    }
    assert "main.py written" in run(command)
    assert files_on(board)[board.root + "/main.py"].decode() == PROGRAM


def test_the_other_pages_say_the_same_of_the_package():
    seen = set()
    for path in [ROOT / "README.md", ROOT / "docs" / "provisioning.md", *BOARDS.glob("*/README.md")]:
        seen.update(re.findall(r"^ *package +(.*copied)$", path.read_text(), re.M))
    assert len(seen) == 1, seen
