"""What editors and type checkers see: mypy over lib/ and tools/, the .pyi files, a user's program, completion."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import jedi
import pytest
from arduino_cloud_board import names as board_names
from arduino_iot_cloud import names
from arduino_iot_cloud.property import kinds
from freezing import frozen
from provisioning.payload import OPTIONS, package
from releasing.checkout import Checkout
from toolchain.mpy import compile_tree, version
from toolchain.paths import LIB, ROOT, TOOLS, VENV_PYTHON

PACKAGES = ("arduino_iot_cloud", "arduino_cloud_board", "arduino_cloud_api")
EDITORS = Path(__file__).parent / "editors"
STUBS = sorted(LIB.rglob("*.pyi"))


def run(*command, cwd=ROOT, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8", cwd=cwd, **environment)
    return done.returncode, done.stdout + done.stderr


def mypy(*arguments, **more):
    return run(VENV_PYTHON, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *arguments, **more)


def test_mypy_finds_no_fault_in_lib_and_tools():
    code, text = mypy()
    assert code == 0, text


def test_mypy_finds_no_fault_in_the_code_that_pyi_files_hide(tmp_path):
    for name in PACKAGES:
        shutil.copytree(LIB / name, tmp_path / "lib" / name, ignore=shutil.ignore_patterns("*.pyi", "__pycache__"))
    code, text = mypy("lib", cwd=tmp_path)
    assert code == 0, text


def test_pyi_files_say_what_the_code_does(tmp_path):
    (tmp_path / "settings.ini").write_text("[mypy]\nalways_false = MICROPYTHON\nignore_missing_imports = True\n")
    options = ("--mypy-config-file", tmp_path / "settings.ini", "--allowlist", EDITORS / "stubtest_allowed.txt")
    program = (VENV_PYTHON, EDITORS / "with_late_methods.py", *PACKAGES, "--concise", "--ignore-missing-stub", *options)
    code, text = run(*program, cwd=tmp_path, env={"PYTHONPATH": str(LIB), "MYPYPATH": str(LIB)})
    assert code == 0, text


def test_a_users_program_has_the_types_that_it_asserts():
    code, text = mypy(EDITORS / "good_program.py")
    assert code == 0, text


def test_mistakes_in_a_users_program_are_found():
    program = EDITORS / "bad_program.py"
    _, text = mypy(program)
    found = {}
    for line, kind in re.findall(r"bad_program\.py:(\d+): error: .*\[([a-z-]+)\]", text):
        found.setdefault(int(line), set()).add(kind)
    lines = enumerate(program.read_text().split("\n"), 1)
    assert found == {n: set(line.split("# found: ")[1].split(", ")) for n, line in lines if "# found: " in line}


def declared(path):
    """Return the public names of a .pyi file."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname for alias in node.names if alias.asname)
        elif isinstance(node, ast.ClassDef) and node.name[0] != "_":
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id


def test_each_name_that_is_found_late_is_declared():
    found = set(names.find("__all__")) | {name for _, listing in kinds._KINDS for name in listing.split()}
    assert set(declared(LIB / "arduino_iot_cloud" / "__init__.pyi")) == found | {"__version__"}
    found = {name for line in board_names._NAMES.strip().split("\n") for name in line.split()[1:]}
    assert set(declared(LIB / "arduino_cloud_board" / "__init__.pyi")) == found


def test_the_operations_are_declared_as_the_tables_have_them():
    assert run(TOOLS / "stubs", "--check")[0] == 0, "run tools/stubs"


def functions(path):
    return {node.name: node for node in ast.walk(ast.parse(path.read_text())) if hasattr(node, "decorator_list")}


def test_methods_that_come_late_are_told_of_in_the_same_words():
    package = LIB / "arduino_iot_cloud"
    late, there = functions(package / "methods.py"), functions(package / "client.pyi")
    assert len(set(late) & set(there)) > 10
    for name in set(late) & set(there):
        words = ast.get_docstring(late[name]).replace("An attribute: ", "").split()
        assert [word.lower() for word in words] == ast.get_docstring(there[name]).lower().split()


@pytest.mark.parametrize(
    "text, offered",
    [
        ("from arduino_iot_cloud import Temp", {"Temperature", "TemperatureSensor"}),
        ("from arduino_cloud_board import ", {"Device", "WiFi", "Ethernet", "AccessPoint"}),
        ("import arduino_iot_cloud as a\na.ArduinoCloudClient('id').", {"flush", "stats", "on", "local_time", "thing_id"}),
        ("from arduino_iot_cloud import Switch\nSwitch('led').", {"value", "updated", "timestamp"}),
        ("from arduino_iot_cloud import Location\nLocation('place').l", {"lat", "lon"}),
        ("from arduino_iot_cloud import Location\nLocation('place', l", {"lat=", "lon="}),
        ("from arduino_cloud_api import CloudAPI\nCloudAPI().", {"things", "lora_freq_plan", "close"}),
        ("from arduino_cloud_api import CloudAPI\nCloudAPI().things.", {"list", "tags_upsert"}),
        ("from arduino_cloud_api import CloudAPI\nCloudAPI().things.list(", {"show_properties=", "tags="}),
    ],
)
def test_an_editor_offers_what_is_found_late(text, offered, tmp_path, monkeypatch):
    monkeypatch.setattr(jedi.settings, "cache_directory", str(tmp_path))  # not one that tests beside this one write
    project = jedi.Project(ROOT, sys_path=[str(LIB)], smart_sys_path=False)
    assert offered <= {one.name for one in jedi.Script(text, project=project).complete()}


def test_no_board_gets_what_is_for_editors(tmp_path):
    for_editors = (".pyi", ".typed")
    assert len(STUBS) > 5 and all((LIB / name / "py.typed").is_file() for name in PACKAGES)
    installed = [name for each in Checkout(ROOT).packages for name, _ in each.files()]  # by mip and from a release
    provisioned = [*package(OPTIONS, mpy=0).files, *package(OPTIONS, mpy=version().bytecode).files]
    frozen_in = [*frozen(ROOT, sync=True, api=True, board=True)[0]]
    compiled = [path.name for path in compile_tree(tmp_path)]
    for files in (installed, provisioned, frozen_in, compiled):
        assert len(files) > 100 and not [name for name in files if name.endswith(for_editors)]
