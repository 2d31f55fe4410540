"""The toolchain: what tools/setup installs, and how it fails."""

import os
import resource
import socket
import ssl
import subprocess
import sys
import urllib.request
import zipfile

import paho.mqtt.client as paho
import pytest
from processes import Process
from toolchain import debian, installed, mpy
from toolchain.paths import CACHE, LIB, PEER_PYTHON, PEERS, ROOT, TOOLS
from toolchain.report import ToolchainError, first_error


def test_interpreters_have_their_size_and_modules(interpreter):
    code = (
        "import asyncio, socket, select, struct, json, sys\n"
        "print(sys.implementation.name, len(bin(sys.maxsize)) - 1)\n"
        "if sys.implementation.name == 'micropython': import tls, deflate, websocket, vfs, uctypes\n"
    )
    done = interpreter.run(code=code, check=True)
    name = "cpython" if interpreter.name == "cpython" else "micropython"
    assert done.stdout.split() == [name, str(interpreter.bits)]


def test_heap_size_is_obeyed(micropython):
    small = micropython(32).run(code="import gc; print(gc.mem_free() + gc.mem_alloc())", heap="64k", check=True)
    assert 55_000 < int(small.stdout) <= 65_536


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="elsewhere the addresses may be high")
@pytest.mark.parametrize("heap", [None, "24k", "1m", "100m"])
def test_objects_of_the_32_bit_one_lie_as_low_as_on_a_board(micropython, heap):
    code = """
import gc
def allocated(x):
    before = gc.mem_alloc()
    id(x)
    return gc.mem_alloc() - before
print([allocated(bytearray(3000)) for _ in range(5)])
"""
    assert micropython(32).run(code=code, heap=heap, check=True).stdout.strip() == "[0, 0, 0, 0, 0]"


def test_a_process_can_be_waited_for(micropython):
    process = micropython(32).start(code="print('ready'); print('got', input())")
    process.wait_for("^ready")
    process.send("42\n")
    assert process.wait_for(r"got (\d+)").group(1) == "42"
    assert process.wait().returncode == 0


def test_waiting_in_vain_tells_the_output(micropython):
    process = micropython(64).start(code="print('something else')")
    with pytest.raises(AssertionError, match="something else"):
        process.wait_for("never")


def test_second_setup_is_quick():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([TOOLS / "setup", "all"], capture_output=True, encoding="utf-8")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert "fetching" not in done.stderr and "installing" not in done.stderr
    # processor time in seconds; 0.15 on a slow machine
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_umqtt_imports_on_micropython(micropython):
    for bits in (32, 64):
        micropython(bits).run(code="import umqtt.robust", path=[PEERS / "umqtt"], check=True)


OFFICIAL_DEVICE = """
import sys, logging
port, ca = sys.argv[1:]
logging.basicConfig(level=logging.INFO)
from arduino_iot_cloud import ArduinoCloudClient
tls = {"cadata": open(ca, "rb").read(), "verify_mode": 2, "server_hostname": "localhost"}
client = ArduinoCloudClient("device", username="device", password="p", ssl_params=tls, server="127.0.0.1", port=int(port))
client.register("x", value=1)
client.start()
"""


def test_official_client_connects_everywhere(micropython, mosquitto, certificates):
    broker = mosquitto(users={"device": "p"})
    script = broker.folder / "device.py"
    script.write_text(OFFICIAL_DEVICE)
    arguments = [script, broker.tls_port, certificates.ca_file_der]
    starts = [lambda: Process([PEER_PYTHON] + arguments)]
    for bits in (32, 64):
        machine = micropython(bits)
        path = {"MICROPYPATH": "%s:.frozen" % (PEERS / "micropython")}
        starts.append(lambda machine=machine, path=path: machine.start(*arguments, env=path))
    for start in starts:
        offset = len(broker.log)
        device = start()
        try:
            broker.process.wait_for("Sending SUBACK to device", stream="stderr", start=offset)
        except AssertionError:
            raise AssertionError(device.stdout + device.stderr)
        finally:
            device.stop()


def test_mosquitto_has_all_listeners(mosquitto):
    broker = mosquitto(users={"somebody": "secret"})
    for transport, port in (("tcp", broker.port), ("websockets", broker.ws_port)):
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=transport, transport=transport)
        client.username_pw_set("somebody", "secret")
        client.connect(broker.host, port)
        client.loop_start()
        broker.wait_for_log("as %s .*u'somebody'" % transport)
        client.loop_stop()
        client.disconnect()


def test_mosquitto_asks_for_a_client_certificate(mosquitto, certificates):
    broker = mosquitto()
    context = ssl.create_default_context(cafile=certificates.ca_file)
    with socket.create_connection((broker.host, broker.tls_port)) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            assert stream.version().startswith("TLS")
    with socket.create_connection((broker.host, broker.mtls_port)) as plain, pytest.raises(OSError):
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            # With TLS 1.3 the client notices the refusal when it reads.
            stream.recv(1)


def test_mosquitto_comes_back_on_the_same_port(mosquitto):
    broker = mosquitto()
    port = broker.port
    broker.stop()
    broker.start()
    assert broker.port == port


def test_micropython_verifies_the_test_certificates(micropython, mosquitto, certificates):
    broker = mosquitto()
    code = """
import socket, sys, tls
port, ca, cert, key = sys.argv[1:]
def content(path):
    with open(path, "rb") as handle:
        return handle.read()
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
context.load_verify_locations(content(ca))
context.load_cert_chain(content(cert), content(key))
plain = socket.socket()
plain.connect(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
stream = context.wrap_socket(plain, server_hostname="localhost")
stream.write(b"\\x10\\x10\\x00\\x04MQTT\\x04\\x02\\x00\\x0a\\x00\\x04test")
print(stream.read(4).hex())
"""
    script = broker.folder / "connect.py"
    script.write_text(code)
    for bits in (32, 64):
        files = (certificates.ca_file_der, certificates.client_cert_der, certificates.client_key_der)
        done = micropython(bits).run(script, broker.mtls_port, *files)
        assert done.stdout.strip() == "20020000", done


def test_setup_names_an_unknown_part():
    done = subprocess.run([TOOLS / "setup", "nonsense"], capture_output=True, encoding="utf-8")
    assert done.returncode == 2
    assert "unknown part 'nonsense'" in done.stderr


def test_no_apt_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="apt-get is not on this machine"):
        debian.fetch_program("X", "x", "usr/bin/x", "amd64", ["sid"], tmp_path / "x", tmp_path / "y", print)


@pytest.mark.parametrize(
    "name, text",
    [
        ("debian.sources", "Types: deb\nURIs: http://a.example/debian\nSuites: bookworm b-updates\nComponents: main\n"),
        ("debian.list", "deb [arch=amd64] http://a.example/debian bookworm main contrib\n"),
    ],
)
def test_the_machines_archive_is_found(tmp_path, name, text):
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (folder / name).write_text(text)
    source = debian.machine_source(tmp_path)
    assert (source.uri, source.suite, source.signed_by) == ("http://a.example/debian", "bookworm", "")


def test_no_archive_is_one_clear_line(tmp_path):
    with pytest.raises(ToolchainError, match="no Debian archive"):
        debian.machine_source(tmp_path)


def test_an_unreachable_archive_is_tried_and_named(monkeypatch, tmp_path):
    monkeypatch.setattr(debian, "machine_source", lambda: debian.Source("file:%s" % tmp_path, "none", ""))
    target = CACHE / "never"
    with pytest.raises(ToolchainError, match="Nothing could not be fetched: one: "):
        debian.fetch_program("Nothing", "x", "usr/bin/x", "amd64", ["one", "two"], target, tmp_path / "x", print)
    assert not target.exists()


def test_stamps_follow_their_key(monkeypatch, tmp_path):
    monkeypatch.setattr(installed, "CACHE", tmp_path)
    installed.mark_current("thing", "one")
    assert installed.is_current("thing", "one", tmp_path)
    assert not installed.is_current("thing", "two", tmp_path)
    assert not installed.is_current("thing", "one", tmp_path / "gone")


def test_first_error_prefers_errors():
    assert first_error("W: a\nE: b\nE: c") == "b"
    assert first_error("just\nthis\n") == "this"
    assert first_error("") == "no output"


def test_compiled_tree_runs_and_has_the_certificates(tmp_path, micropython):
    source = tmp_path / "source"
    (source / "thing" / "certs").mkdir(parents=True)
    (source / "thing" / "__init__.py").write_text("def size(): return 7\n")
    (source / "thing" / "certs" / "a.der").write_bytes(b"\x30")
    written = mpy.compile_tree(tmp_path / "compiled", source=source)
    assert sorted(path.name for path in written) == ["__init__.mpy", "a.der"]
    for bits in (32, 64):
        done = micropython(bits).run(code="import thing; print(thing.size())", path=[tmp_path / "compiled"], check=True)
        assert done.stdout.strip() == "7"


def test_what_was_compiled_is_kept_for_the_same_text_and_options_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(mpy, "_KEPT", tmp_path / "kept")
    run, runs = subprocess.run, []
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: runs.append(1) or run(*args, **more))
    source, other = tmp_path / "thing.py", tmp_path / "other.py"
    source.write_text("assert 7\nsize = 7\n")
    for target, more in (("a", {}), ("b", {}), ("c", {"optimisation": 0}), ("d", {"name": "x"}), ("e", {})):
        mpy.compile_file(source, tmp_path / target, **more)
    made = {name: (tmp_path / name).read_bytes() for name in "abcde"}
    assert len(runs) == 3 and made["a"] == made["b"] == made["e"]
    assert len({made["a"], made["c"], made["d"]}) == 3
    source.write_text("assert 8\nsize = 8\n")
    mpy.compile_file(source, tmp_path / "a")
    assert len(runs) == 4 and (tmp_path / "a").read_bytes() != made["b"]
    other.write_text("def (:\n")
    for _ in range(2):
        with pytest.raises(ToolchainError, match="other.py does not compile"):
            mpy.compile_file(other, tmp_path / "f")


def test_a_syntax_error_names_its_file(tmp_path):
    (tmp_path / "broken.py").write_text("def (:\n")
    with pytest.raises(ToolchainError, match="broken.py does not compile: SyntaxError"):
        mpy.compile_tree(tmp_path / "compiled", source=tmp_path)


@pytest.mark.timeout(120)
def test_pip_installs_the_package_with_its_certificates(tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--disable-pip-version-check", "-w", tmp_path]
    # A copy, because building writes folders beside the sources.
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in ("lib", "pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            subprocess.run(["cp", "-r", ROOT / name, copy], check=True)
    subprocess.run(pip + [copy], check=True)
    [wheel] = tmp_path.glob("arduino_iot_cloud_micropython-*-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    certs = {"arduino_iot_cloud/certs/" + path.name for path in (LIB / "arduino_iot_cloud" / "certs").glob("*.der")}
    assert certs and certs <= set(names)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    target = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, encoding="utf-8", check=True,
    ).stdout.strip()
    zipfile.ZipFile(wheel).extractall(target)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    probe = "import importlib.metadata as m, arduino_iot_cloud as a; print(m.version('arduino-iot-cloud-micropython') == a.__version__, a.__file__)"
    done = subprocess.run([python, "-c", probe], capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("True") and str(tmp_path / "venv") in done.stdout, done


def test_the_local_cloud_starts_and_stops(start_local_cloud):
    cloud = start_local_cloud()
    with urllib.request.urlopen(cloud.http) as answer:
        assert answer.status == 200
    assert cloud.stop() == 0
