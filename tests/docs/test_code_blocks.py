"""Every code block in README.md and docs/ is run, or listed here with the test that covers it."""

import json
import re
import shutil
import subprocess

import code_blocks
import pytest
from toolchain.paths import PEERS, ROOT

HERE = ROOT / "tests" / "docs"
RUN = ("python", "setup")
COMMANDS = ("console", "sh")
LEFT_OUT = ("json", "text")  # data and output, nothing to run
QUICK_S = 20

# Commands that take long or need what is missing here, each with the test that does the same.
MIP = "tests/tools/test_mip.py::"
INSTALLING = "tests/provision/test_installing.py::test_installing_"
PROVISION = "tests/provision/test_provision.py::"
SETTINGS = "tests/provision/test_settings.py::test_a_board_with_a_key_store_keeps_credentials_and_network_there"
WIFI = "tests/provision/test_wifi_board.py::test_a_board_with_wifi_is_online_afterwards"
REACHED = "tests/cloud/api/test_security.py::test_where_boards_reach_it_is_told_and_certified"
RELEASE = "dist/arduino-iot-cloud-1.0.0/"
ROMFS = "tests/tools/test_romfs.py::test_the_demo_runs_from_a_romfs_image"
PIP = "tests/tools/test_toolchain.py::test_pip_installs_the_package_with_its_certificates"
WHERE = '"import arduino_iot_cloud; print(arduino_iot_cloud.__file__)"'
COVERED = {
    "./tools/demo --check": "tests/tools/test_demo.py::test_check_drives_values_each_way",
    "./tools/demo": "tests/tools/test_demo.py::test_it_prints_a_page_and_a_signal_ends_everything",
    "./tools/test": "tests/docs/test_code_blocks.py::test_the_command_that_runs_the_tests",
    "mpremote mip install package.json": MIP + "test_mpremote_installs_from_relative_addresses",
    "mpremote exec " + WHERE: INSTALLING + "with_mip_from_the_checkout",
    "./tools/release --dirty": "tests/tools/test_release.py::test_the_command_makes_a_release_that_it_finds_good",
    "mpremote mip install " + RELEASE + "mpy6/package.json": INSTALLING + "with_mip_from_a_release",
    "mpremote cp -r " + RELEASE + "mpy6/arduino_iot_cloud :": INSTALLING + "as_plain_files",
    "cat > remove_former.py <<END": INSTALLING + "over_the_flat_layout_by_hand",
    "mpremote cp tools/provisioning/former_files.txt :": INSTALLING + "over_the_flat_layout_by_hand",
    "mpremote run remove_former.py": INSTALLING + "over_the_flat_layout_by_hand",
    "mpremote romfs query": INSTALLING + "as_a_romfs_image",
    "mpremote romfs deploy " + RELEASE + "arduino-iot-cloud-1.0.0-mpy6.romfs": INSTALLING + "as_a_romfs_image",
    "mpremote exec \"import os; os.rename('main.py', 'main_aside.py')\"": (
        "tests/provision/test_interruptions.py::test_a_program_that_runs_is_put_aside_by_mpremote"
    ),
    "mpremote soft-reset exec " + WHERE: INSTALLING + "as_a_romfs_image",
    "PYTHONPATH=tools python3 -m toolchain.mpy build/rom arduino_iot_cloud": ROMFS,
    "cp examples/laptop.py build/rom/": ROMFS,
    "mpremote romfs --output build/program.romfs build build/rom": ROMFS,
    "pip install .": PIP,
    'python3 -c "import arduino_iot_cloud; print(arduino_iot_cloud.__version__, arduino_iot_cloud.__file__)"': PIP,
    "mpremote mip install package.json package-board.json boards/RPI_PICO_W/package.json": (
        "tests/boards/test_boards.py::test_mpremote_installs_a_board_from_the_checkout"
    ),
    "tools/provision --thing Greenhouse": PROVISION + "test_an_empty_board_is_a_running_device_afterwards",
    "tools/provision --wifi 'My network' --thing Greenhouse": WIFI,
    "./tools/provision --wifi 'My network' --thing Greenhouse": WIFI,
    "./tools/local-cloud serve --address 0.0.0.0": REACHED,
    "tools/provision --server 192.168.1.20 --wifi 'My network'": SETTINGS,
    "tools/provision --thing Greenhouse --certificate": (
        "tests/provision/test_certificate.py::test_a_key_made_on_the_board_gets_it_in_and_never_leaves"
    ),
    "tools/local-cloud serve --address 0.0.0.0": REACHED,
}


def _of(page, languages):
    return [block for block in code_blocks.of(page) if block.language in languages]


@pytest.mark.parametrize("page", code_blocks.pages())
def test_no_block_is_left_out_unseen(page):
    for block in code_blocks.of(page):
        where = "%s:%d" % (page, block.line)
        assert block.language in RUN + COMMANDS + LEFT_OUT, "%s has the language %r" % (where, block.language)
        if block.language in COMMANDS:
            assert code_blocks.commands(block), "%s has no command" % where


def _expected(code):
    # A comment after `print(...)` shows what is printed.
    return re.findall(r"^ *print\([^#\n]*\)  # (.*)$", code, re.M)


@pytest.mark.parametrize("on", ["cpython", "mp32", "mp64"])
@pytest.mark.parametrize("page", [page for page in code_blocks.pages() if _of(page, RUN)])
def test_python(page, on, cpython, micropython, pages_cloud, tmp_path):
    code = [block.text for block in _of(page, RUN)]
    about = pages_cloud.about
    files = tmp_path / "blocks.json"
    files.write_text(json.dumps({"blocks": code, "cloud": about}))
    shutil.copy(about["client_key_der"], tmp_path / "key.der")
    shutil.copy(about["client_cert_der"], tmp_path / "cert.der")
    shutil.copy(about["ca_der_file"], tmp_path / "ca.der")
    interpreter = cpython if on == "cpython" else micropython(int(on[2:]))
    path = [tmp_path, ROOT / "tests" / "support" / "standins" / "connected", PEERS / "umqtt"]
    done = interpreter.run(HERE / "page_blocks.py", files, path=path, cwd=tmp_path, timeout=40)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "\nthe end\n" in output, output
    for trouble in ("Traceback", "raised", "Task exception", "never awaited"):
        assert trouble not in output, output
    for text in code:
        for said in _expected(text):
            assert said in output, (said, output)


def _commands():
    with_commands = [(page, block) for page in code_blocks.pages() for block in _of(page, COMMANDS)]
    return [(page, command) for page, block in with_commands for command in code_blocks.commands(block)]


@pytest.mark.parametrize("command", [command for _, command in _commands()])
def test_command(command):
    if command in COVERED:
        path, name = COVERED[command].split("::")
        assert re.search(r"^def %s\(" % name, (ROOT / path).read_text(), re.M), COVERED[command]
    else:
        done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=QUICK_S)
        assert done.returncode == 0, done.stdout + done.stderr


def test_no_command_is_listed_in_vain():
    commands = [command for page, command in _commands()]
    assert [command for command in COVERED if command not in commands] == []


def test_the_command_that_runs_the_tests():
    command = [ROOT / "tools" / "test", "tests/docs/test_reference.py::test_lists_and_paragraphs_of_a_docstring"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr


def test_a_page_is_taken_apart():
    text = "```python\na = 1\n```\n\n<!-- setup\nb = 2\n-->\n```sh\ncat > x <<END\ny\nEND\nz  # why\n```\n"
    found = code_blocks.blocks(text)
    assert [block[1:] for block in found[:2]] == [("python", "a = 1\n"), ("setup", "b = 2\n")]
    assert [block.line for block in found] == [1, 5, 8]
    assert code_blocks.commands(found[2]) == ["cat > x <<END", "z"]
    assert code_blocks.commands(code_blocks.Block(1, "console", "$ one\ntwo\n$ three\n")) == ["one", "three"]
    with pytest.raises(ValueError):
        code_blocks.blocks("```python\na = 1\n")


@pytest.mark.parametrize("page", code_blocks.pages())
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or "(%s)" % page.name in index, page.name
