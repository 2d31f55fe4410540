"""Over-the-air updates: one at a time, awaited, followed, cancelled, expired."""

import http.client
import os
import sqlite3
import threading
import urllib.parse
import uuid
from contextlib import closing
from pathlib import Path

import cbor2
import pytest
from localcloud.traffic.ota import MAX_FILE
from localcloud.web.server import MAX_BODY

OTA_BEGIN, OTA_UPDATE, OTA_PROGRESS = 0x010000, 0x010100, 0x010200
FETCH, REBOOT, FAIL = 5, 7, 8


def upload_request(user, board, file="firmware", **fields):
    """Return path, body and headers for the upload of a firmware file."""
    part = '--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    parts = [part % ("ota_file", '; filename="f"', file)]
    parts += [part % (name.rstrip("_"), "", value) for name, value in fields.items()]
    headers = {"Authorization": "Bearer " + user.token, "Content-Type": "multipart/form-data; boundary=x"}
    return "/iot/v2/devices/%s/ota" % board.id, "".join(parts).encode() + b"--x--\r\n", headers


class Upload(threading.Thread):
    """An upload whose answer may take a while."""

    def __init__(self, user, board, **fields):
        super().__init__(daemon=True)
        self._user = user
        self._request = upload_request(user, board, **fields)
        self.start()

    def run(self):
        self._answer = self._user.raw("POST", *self._request)

    @property
    def answer(self):
        self.join(20)
        return self._answer


def report(board, tag, *parameters):
    """Have the device report something about an update."""
    board.publish(board.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(tag, list(parameters))))


def let_expire(user, ota_id):
    """Make the update's time be over."""
    with closing(sqlite3.connect(Path(user.about["data"]) / "cloud.sqlite3", timeout=10)) as connection:
        id = str(uuid.UUID(bytes=ota_id))
        connection.execute("UPDATE ota_updates SET expires_at = 1 WHERE id = ?", (id,))
        connection.commit()


def test_one_update_at_a_time(user, board):
    answer = Upload(user, board, async_="True").answer
    assert answer.status == 202 and (answer.json["ota_version"], answer.json["status"]) == (2, "pending")
    assert Upload(user, board).answer.status == 409
    assert Upload(user, board, async_="False").answer.status == 409
    headers = {"Authorization": "Bearer " + user.token, "Content-Type": "multipart/form-data; boundary=x"}
    assert user.raw("POST", "/iot/v2/devices/%s/ota" % board.id, b"--x--\r\n", headers).status == 400


def test_a_file_may_have_16_megabytes(user, board):
    too_large = Upload(user, board, file="x" * (MAX_FILE + 1)).answer
    assert too_large.status == 413 and str(MAX_FILE) in too_large.detail
    path, _, headers = upload_request(user, board)
    beyond = user.raw("POST", path, headers={**headers, "Content-Length": str(MAX_FILE + MAX_BODY + 1)})
    assert beyond.status == 413 and beyond.detail
    assert Upload(user, board, file="").answer.status == 400
    assert Upload(user, board, file="x" * MAX_FILE).answer.status == 202


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_synchronous_update_is_answered_when_the_device_is_done(user, board, succeeds):
    board.subscribe(board.device_topic("c/dw"))
    upload = Upload(user, board, async_="False")
    tag, (ota_id, *_) = board.command()
    assert tag == OTA_UPDATE
    for state in (FETCH, REBOOT if succeeds else FAIL):
        assert upload.is_alive()
        report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(state), 0, 1)
    if succeeds:
        report(board, OTA_BEGIN, bytes(32))
    assert upload.answer.status == 200
    assert upload.answer.json["status"] == ("succeeded" if succeeds else "failed")


@pytest.mark.parametrize("end", ["succeeded", "failed", "expired", "cancelled"])
def test_an_update_that_is_over_stays_so_whatever_the_device_reports_late(user, board, end):
    id = Upload(user, board).answer.json["ota_id"]
    ota_id, path = uuid.UUID(id).bytes, "/ota/v1/ota/" + id
    report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(FETCH), 0, 1)
    if end == "succeeded":
        report(board, OTA_BEGIN, bytes(32))
    elif end == "failed":
        report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(FAIL), -1, 1)
    elif end == "expired":
        let_expire(user, ota_id)
    else:
        assert user.put(path + "/cancel").status == 200
    before = user.get(path).json["ota"]
    assert before["status"] == end and before.get("error_reason") == ("error -1" if end == "failed" else None)
    for state in (FETCH, FAIL):
        report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(state), 0, 2)
        after = user.get(path).json["ota"]
        assert after["status"] == end and after.get("error_reason") == before.get("error_reason")
    assert Upload(user, board).answer.status == 202


def test_a_synchronous_update_is_not_waited_for_when_nobody_asks_any_more(user, board, local_cloud):
    board.subscribe(board.device_topic("c/dw"))
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(user.about["http"]).netloc, timeout=10)
    connection.request("POST", *upload_request(user, board, async_="False"))
    assert board.command()[0] == OTA_UPDATE
    connection.close()
    local_cloud.process.wait_for("nobody is waiting any more .* %s" % board.id, stream="stderr")


def test_a_synchronous_update_that_takes_too_long_has_expired(user, board):
    board.subscribe(board.device_topic("c/dw"))
    upload = Upload(user, board, async_="False", expire_in_mins="1")
    _, (ota_id, *_) = board.command()
    let_expire(user, ota_id)
    assert upload.answer.status == 410 and "expired" in upload.answer.detail


def test_how_an_update_gets_on(user, board):
    board.subscribe(board.device_topic("c/dw"))
    id = Upload(user, board).answer.json["ota_id"]
    path = "/ota/v1/ota/" + id
    shown = user.get(path).json
    assert (shown["ota"]["status"], shown["states"]) == ("pending", [])
    ota_id = uuid.UUID(id).bytes
    report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(FETCH), 4, 1)
    report(board, OTA_PROGRESS, uuid.uuid4().bytes, cbor2.CBORSimpleValue(FETCH), 4, 1)
    report(board, OTA_PROGRESS, ota_id, cbor2.CBORSimpleValue(FAIL), -12, 1)
    # The official command line asks here, outside of `/iot`.
    shown = user.raw("GET", path, headers={"Authorization": "Bearer " + user.token}).json
    states = [(each["state"], each["state_data"]) for each in shown["states"]]
    assert states == [("fetch", "4"), ("fail", "-12")]
    assert (shown["ota"]["status"], shown["ota"]["error_reason"]) == ("failed", "error -12")
    assert shown["ota"]["ended_at"] == shown["states"][1]["timestamp"]
    second = Upload(user, board).answer.json["ota_id"]
    for order, ids in (("desc", [second, id]), ("asc", [id, second])):
        listed = user.get("/ota/v1/ota", device_id=board.id, order=order).json["ota"]
        assert [each["id"] for each in listed] == ids
    assert len(user.get("/ota/v1/ota", device_id=board.id, limit=1).json["ota"]) == 1


def test_a_cancelled_update_is_not_fetched(user, board):
    board.subscribe(board.device_topic("c/dw"))
    id = Upload(user, board).answer.json["ota_id"]
    _, (_, url, *_) = board.command()
    path = urllib.parse.urlsplit(url).path
    assert user.raw("GET", path).body == b"firmware"
    assert user.put("/ota/v1/ota/%s/cancel" % id).status == 200
    assert user.get("/ota/v1/ota/" + id).json["ota"]["status"] == "cancelled"
    assert user.put("/ota/v1/ota/%s/cancel" % id).status == 409
    assert user.raw("GET", path).status == 404
    assert Upload(user, board).answer.status == 202


def test_files_that_no_update_names_are_removed_in_time(user, board):
    folder = Path(user.about["data"]) / "ota"
    id = Upload(user, board).answer.json["ota_id"]
    old, new = (folder / (str(uuid.uuid4()) + ending) for ending in (".ota.cut-off", ".ota"))
    for path in (old, new):
        path.touch()
    os.utime(old, (1, 1))
    file = folder / (id + ".ota")
    os.utime(file, (1, 1))
    assert Upload(user, board).answer.status == 409
    assert file.exists() and new.exists() and not old.exists()
    user.put("/ota/v1/ota/%s/cancel" % id)
    other = Upload(user, board).answer.json["ota_id"]
    assert not file.exists() and (folder / (other + ".ota")).exists()
    # The links of past updates end by themselves, and their files with them.
    with sqlite3.connect(folder.parent / "cloud.sqlite3", timeout=10) as store:
        store.execute("UPDATE ota_updates SET status = 'succeeded', expires_at = 1 WHERE id = ?", (other,))
    store.close()
    assert Upload(user, board).answer.status == 202
    assert not (folder / (other + ".ota")).exists() and new.exists()
    assert user.get("/ota/v1/ota/" + other).json["ota"]["status"] == "succeeded"
    new.unlink()


def test_only_the_newest_updates_of_a_device_are_listed_for_ever(user, board):
    made = []
    for n in range(3):
        made.append(Upload(user, board).answer.json["ota_id"])
        user.put("/ota/v1/ota/%s/cancel" % made[-1])
    with sqlite3.connect(user.about["data"] + "/cloud.sqlite3", timeout=10) as store:
        columns = "device_id, status, sha256, size, expires_at"
        for n in range(60):
            store.execute(
                "INSERT INTO ota_updates (id, %s, created_at) SELECT ?, %s, ? FROM ota_updates WHERE id = ?"
                % (columns, columns),
                (str(uuid.uuid4()), n, made[0]),
            )
    store.close()
    newest = Upload(user, board).answer.json["ota_id"]
    listed = user.get("/ota/v1/ota", device_id=board.id, limit=100).json["ota"]
    assert len(listed) == 51 and {newest, *made} <= {each["id"] for each in listed}


def test_updates_of_others_are_not_found(user, board, new_user):
    id, other = Upload(user, board).answer.json["ota_id"], new_user("other")
    assert other.get("/ota/v1/ota/" + id).status == other.put("/ota/v1/ota/%s/cancel" % id).status == 404
    assert other.get("/ota/v1/ota", device_id=board.id).status == 404
    for path in ("/ota/v1/ota/" + id, "/ota/v1/ota?device_id=" + board.id, "/iot/ota/v1/ota/" + id):
        assert user.raw("GET", path).status == 401
    assert user.get("/ota/v1/ota/" + id).json["ota"]["status"] == "pending"
    assert user.get("/ota/v1/ota/x").status == 404 and user.get("/ota/v1/ota").status == 400
