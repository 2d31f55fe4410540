"""A cloud on a disk that is full, or read-only, or whose database is locked: it serves what can be read, and goes on."""

import json
import urllib.error
import urllib.parse
import urllib.request

import cbor2
import pytest
from small_disk import SmallDisk, is_possible, wait_until

LAST_VALUES = cbor2.dumps(cbor2.CBORTag(0x010500, []))
MANY = 1500
"""More values than fit into the log that SQLite has already, and than may be unacknowledged."""
pytestmark = pytest.mark.skipif(not is_possible(), reason="no process may have mounts of its own here")


@pytest.fixture
def disk(tmp_path):
    """A small_disk.SmallDisk."""
    made = SmallDisk(tmp_path / "disk")
    yield made
    made.stop()


class Cloud:
    """`local-cloud serve` on the small disk."""

    def __init__(self, disk, *options):
        self.data = disk.folder / "data"
        self.process = disk.start("serve", "--ephemeral", "--json", "--data", self.data, *options)
        self.about = json.loads(self.process.wait_for(r"\A(.*)\n", 30).group(1))

    def stop(self):
        return self.process.stop()

    @property
    def log(self):
        return self.process.stderr


@pytest.fixture
def start(disk):
    """`start(*options)` -> a Cloud on the disk."""
    made = []

    def begin(*options):
        made.append(Cloud(disk, *options))
        return made[-1]

    yield begin
    for cloud in made:
        cloud.stop()


def call(about, method, path, body=None, token=None):
    """Call one of the APIs and return (status, answer)."""
    headers = {"Authorization": "Bearer " + (token or about["api_token"]), "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(about["http"] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def token_of(about):
    key = {"client_id": about["api_key_id"], "client_secret": about["api_key_secret"]}
    form = urllib.parse.urlencode({"grant_type": "client_credentials", **key}).encode()
    with urllib.request.urlopen(about["token_url"], form, timeout=10) as answer:
        return json.load(answer)["access_token"]


def warnings(about):
    """What the operator is warned of, but for the little room that such a small disk has from the beginning."""
    all_of_them = call(about, "GET", "/local/v1/status")[1]["warnings"]
    return [each for each in all_of_them if " is nearly full: " not in each]


def check_reading(about, make_device, clk):
    """Everything that only reads works: page, APIs, log-in, last values."""
    with urllib.request.urlopen(about["http"] + "/", timeout=10) as page:
        assert b"<html" in page.read()
    variables = "/local/v1/things/%s/variables/clk" % about["thing_id"]
    assert call(about, "GET", variables)[1]["value"] == clk
    token = token_of(about)
    status, things = call(about, "GET", "/iot/v2/things", token=token)
    assert (status, [each["id"] for each in things]) == (200, [about["thing_id"]])
    device = make_device(about)
    assert device.connect() == "Success"
    assert device.subscribe(device.device_topic("c/dw")) == 1
    device.publish(device.device_topic("c/up"), LAST_VALUES)
    _, (records,) = device.command()
    assert clk in [record.get(3) for record in cbor2.loads(records)]
    return device


def check_refusals(about, status, words):
    """Changes are refused in words, by each API."""
    token = token_of(about)
    path = "/local/v1/things/%s/variables/led/value" % about["thing_id"]
    requests = [
        (path, {"value": True}, None, "PUT"),
        ("/local/v1/devices", {"name": "new"}, None, "POST"),
        ("/iot/v2/devices", {"name": "new", "type": "login_and_secretkey_wifi"}, token, "PUT"),
    ]
    for path, body, token, method in requests:
        answer = call(about, method, path, body, token)
        assert answer[0] == status and words in answer[1]["detail"], answer
    assert any(words in warning for warning in warnings(about))


def check_secrets_stay(about, status, words):
    """A secret that lies in a file is not replaced, and goes on being good."""
    for path in ("token/rotate", "keys/%s/rotate" % about["api_key_id"]):
        answer = call(about, "POST", "/local/v1/" + path)
        assert answer[0] == status and words in answer[1]["detail"], answer
    assert token_of(about) and call(about, "GET", "/local/v1/status")[0] == 200


def publish_waiting(device, text):
    """Publish a value without waiting for its PUBACK."""
    device.client.publish(device.thing_topic("e/o"), cbor2.dumps([{0: "clk", 3: text}]), 1)


def begin(start, make_device, text="before"):
    """Start a cloud with a value."""
    cloud = start()
    device = make_device(cloud.about)
    assert device.connect() == "Success"
    device.publish_records([{0: "clk", 3: text}])
    device.close()
    return cloud


def test_a_disk_that_fills_up_while_the_cloud_runs(disk, start, make_device):
    cloud = begin(start, make_device)
    about = cloud.about
    device = make_device(about)
    assert device.connect() == "Success"
    disk.fill()
    # SQLite writes over the log that it has before it needs more room.
    for number in range(MANY):
        publish_waiting(device, "more %d" % number)
    wait_until(lambda: warnings(about), "the disk is not full")
    waiting = "more %d" % (MANY - 1)
    full = "cloud.sqlite3 cannot be written (No space left on device)"
    check_refusals(about, 507, full)
    check_secrets_stay(about, 507, "cannot be written (No space left on device)")
    value = call(about, "GET", "/local/v1/things/%s/variables/clk" % about["thing_id"])[1]["value"]
    assert value != waiting
    assert device.client.is_connected(), "a device that waits is not thrown out"
    disk.free()
    device.wait_pubacks(MANY)
    assert warnings(about) == []
    assert call(about, "GET", "/local/v1/things/%s/variables/clk" % about["thing_id"])[1]["value"] == waiting
    check_reading(about, make_device, waiting).publish_records([{0: "clk", 3: "after"}])
    assert cloud.log.count("No space left") == 1 and "Traceback" not in cloud.log
    assert len(cloud.log.splitlines()) < 15, cloud.log


def test_a_start_on_a_full_disk_serves_what_can_be_read(disk, start, make_device):
    cloud = begin(start, make_device)
    assert cloud.stop() == 0
    disk.fill()
    again = start()
    device = check_reading(again.about, make_device, "before")
    check_refusals(again.about, 507, "(No space left on device)")
    publish_waiting(device, "waiting")
    disk.free()
    device.wait_pubacks(1)
    assert call(again.about, "GET", "/local/v1/things/%s/variables/clk" % again.about["thing_id"])[1]["value"] == "waiting"
    assert "Traceback" not in again.log


def test_a_start_on_a_full_disk_after_a_kill(disk, start, make_device):
    cloud = begin(start, make_device)
    cloud.process.kill()
    cloud.process.wait()
    disk.fill()
    again = start()
    check_reading(again.about, make_device, "before")
    check_refusals(again.about, 507, "(No space left on device)")


def test_a_disk_that_is_mounted_read_only(disk, start, make_device):
    cloud = begin(start, make_device)
    assert cloud.stop() == 0
    disk.remount("ro")
    again = start()
    device = check_reading(again.about, make_device, "before")
    check_refusals(again.about, 503, "(Read-only file system)")
    check_secrets_stay(again.about, 503, "cannot be written (Read-only file system)")
    publish_waiting(device, "waiting")
    assert again.stop() == 0, "what waits does not hold up the end"
    assert "Traceback" not in again.log


def test_a_firmware_file_is_refused_in_words_too(disk, start, make_device):
    about = begin(start, make_device).about
    disk.fill()
    form = b'--B\r\nContent-Disposition: form-data; name="ota_file"; filename="f"\r\n\r\n%s\r\n--B--\r\n' % bytes(10**6)
    headers = {"Authorization": "Bearer " + token_of(about), "Content-Type": "multipart/form-data; boundary=B"}
    url = "%s/iot/v2/devices/%s/ota" % (about["http"], about["device_id"])
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, form, headers, method="POST"), timeout=10)
    assert refused.value.code == 507
    detail = json.loads(refused.value.read())["detail"]
    assert ".ota cannot be written (No space left on device)" in detail
    assert list((disk.inside / "data" / "ota").iterdir()) == []


def test_a_locked_database_is_waited_for(disk, start, make_device):
    cloud = begin(start, make_device)
    about = cloud.about
    other = disk.lock(cloud.data / "cloud.sqlite3")
    try:
        device = check_reading(about, make_device, "before")
        publish_waiting(device, "waiting")
        wait_until(lambda: warnings(about), "nobody says that the database is locked")
        check_refusals(about, 503, "another program has locked the database")
    finally:
        other.stop()
    device.wait_pubacks(1)
    assert "Traceback" not in cloud.log


def test_who_comes_back_takes_the_place_of_a_connection_that_waits(disk, start, make_device):
    cloud = begin(start, make_device)
    device = make_device(cloud.about)
    device.connect()
    disk.fill()
    for number in range(MANY):
        publish_waiting(device, "more %d" % number)
    wait_until(lambda: warnings(cloud.about), "the disk is not full")
    path = "/local/v1/things/%s/variables/clk" % cloud.about["thing_id"]
    check_reading(cloud.about, make_device, call(cloud.about, "GET", path)[1]["value"])
    device.wait_closed()


def test_a_first_start_on_a_full_disk_names_the_folder(disk):
    disk.fill()
    process = disk.start("serve", "--ephemeral", "--json", "--data", disk.folder / "data")
    done = process.wait(30)
    assert done.returncode == 1
    assert str(disk.folder) in done.stderr and "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_what_is_on_a_full_disk_can_be_backed_up_to_another(disk, start, make_device, tmp_path):
    for way in ("running", "stopped", "killed"):
        cloud = begin(start, make_device)
        if way == "stopped":
            assert cloud.stop() == 0
        elif way == "killed":
            cloud.process.kill()
            cloud.process.wait()
        disk.fill()
        done = disk.start("backup", tmp_path / way, "--data", cloud.data).wait(30)
        assert done.returncode == 0, (way, done.stderr)
        assert (tmp_path / way).stat().st_size > 5000
        disk.free()
        cloud.stop()


def test_a_read_only_disk_after_a_kill(disk, start, make_device):
    cloud = begin(start, make_device)
    cloud.process.kill()
    cloud.process.wait()
    disk.remount("ro")
    again = start()
    check_reading(again.about, make_device, "before")
    check_refusals(again.about, 503, "(Read-only file system)")


def test_a_certificate_that_should_be_renewed_waits_for_room(disk, start, make_device):
    cloud = begin(start, make_device)
    assert cloud.stop() == 0
    disk.fill()
    again = start("--address", "0.0.0.0")  # with other names in the certificate
    check_reading(again.about, make_device, "before")
    said = "the server's certificate cannot be renewed: "
    (warning,) = [each for each in warnings(again.about) if each.startswith(said)]
    assert "No space left on device" in warning and str(disk.folder) in warning
