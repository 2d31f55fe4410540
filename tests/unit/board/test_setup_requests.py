"""What the set-up page accepts from phones and from others: DNS questions, HTTP requests, forms."""

from arduino_cloud_board.setup_page.captive_dns import answer
from arduino_cloud_board.setup_page.form import entered, escaped, page
from arduino_cloud_board.setup_page.request import BadRequest, Request, form_of
from portable_assert import raises
from seeded import Seeded

IP = b"\xc0\xa8\x04\x01"
NAME = b"\x07captive\x05apple\x03com\x00"
QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + NAME + b"\x00\x01\x00\x01"
POST = (
    b"POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nOrigin: http://192.168.4.1\r\nContent-Length: 20\r\n\r\n"
    b"ssid=a+b%26&token=00"
)


def test_a_question_for_an_address_gets_ours():
    reply = answer(QUERY, IP)
    assert reply[:12] == b"\x12\x34\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00"
    assert reply[12 : len(QUERY)] == QUERY[12:]
    assert reply[len(QUERY) :] == b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04" + IP


def test_other_questions_get_no_record():
    for kind in (b"\x00\x1c\x00\x01", b"\x00\x41\x00\x01", b"\x00\x01\x00\x03"):  # AAAA, HTTPS, another class
        reply = answer(QUERY[:-4] + kind, IP)
        assert reply[6:8] == b"\x00\x00" and reply[12:] == NAME + kind


def test_an_extension_after_the_question_is_left_out_of_the_answer():
    query = QUERY[:10] + b"\x00\x01" + QUERY[12:] + b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
    assert answer(query, IP) == answer(QUERY, IP)


def test_what_is_no_question_gets_no_answer():
    for query in (
        b"",
        QUERY[:-1],
        QUERY[:16],
        QUERY[:2] + b"\x81" + QUERY[3:],  # an answer: two such servers would answer each other forever
        QUERY[:2] + b"\x29" + QUERY[3:],  # another operation
        QUERY[:4] + b"\x00\x02" + QUERY[6:],
        QUERY[:4] + b"\x00\x00" + QUERY[6:],
        QUERY[:12] + b"\xc0\x0c" + QUERY[-4:],  # a name that points at itself
        QUERY[:12] + b"\x3fa" * 8 + b"\x00\x00\x01\x00\x01",
        QUERY + bytes(300),
        QUERY[:12] + (b"\x3f" + b"a" * 63) * 4 + b"\x00\x00\x01\x00\x01",
    ):
        assert answer(query, IP) is None, query


def test_any_bytes_are_answered_or_not_but_never_more_than_they_are_plus_a_record():
    random = Seeded(3)
    answered = 0
    for _ in range(3000):
        query = random.mutated(QUERY)
        reply = answer(query, IP)
        if reply is not None:
            answered += 1
            assert len(reply) <= len(query) + 16 and reply[:2] == query[:2]
    assert 500 < answered < 3000


def take(data, pieces=None):
    request = Request()
    for at in range(0, len(data), pieces or len(data)):
        request.take(data[at : at + (pieces or len(data))])
    return request


def test_a_request_in_pieces_of_any_size():
    for pieces in (None, 1, 7, 64):
        request = take(POST, pieces)
        assert request.complete
        assert (request.method, request.path, request.host, request.origin) == (
            "POST",
            "/",
            "192.168.4.1",
            "http://192.168.4.1",
        )
        assert form_of(request.body) == {"ssid": "a b&", "token": "00"}
    assert take(b"GET /generate_204 HTTP/1.1\nHost: a\n\n").path == "/generate_204"
    assert not take(POST[:-1]).complete


def test_a_phone_with_a_long_head_is_served():
    head = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nCookie: " + b"x" * 4000 + b"\r\nAccept: */*\r\n\r\n"
    assert take(head).complete


def test_bad_requests_are_refused_with_a_status():
    for data, status in (
        (b"\x16\x03\x01\x02\x00\x01\n", 400),  # TLS
        (b"GET /\r\n", 400),
        (b"BREW / HTTP/1.1\r\n", 405),
        (b"GET /" + b"a" * 700 + b" HTTP/1.1\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000, 431),
        (b"G" * 9000, 431),
        (b"GET / HTTP/1.1\r\n folded: x\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\xff\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\rLocation: b\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 2000\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 6\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.1\r\nOrigin: http://evil\r\nOrigin: http://a\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 501),
    ):
        assert raises(BadRequest, take, data).args == (status,), data


def test_any_bytes_make_a_request_or_a_refusal():
    random = Seeded(4)
    complete = 0
    for _ in range(1500):
        data = random.mutated(POST)
        try:
            request = take(data, 1 + random.below(40))
            complete += request.complete
            if request.complete:
                form_of(request.body)
        except BadRequest as error:
            assert 400 <= error.args[0] <= 505
    assert complete > 100


def test_forms():
    assert form_of(b"") == {}
    assert form_of(b"a=%C3%BC&b=&c") == {"a": "ü", "b": "", "c": ""}
    many = b"&".join([b"a%d=" % i for i in range(11)])
    for body in (b"a=%", b"a=%4", b"a=%zz", b"a=%-1", b"a=%ff", b"a=1&a=2", many):
        raises(BadRequest, form_of, body)


def test_nothing_that_is_shown_can_be_markup():
    nasty = "<script>\"&'"
    assert escaped(nasty) == "&lt;script&gt;&quot;&amp;&#39;"
    fields = {"ssid": nasty, "seen": nasty, "device_id": nasty, "password": "the password", "secret_key": "the key"}
    text = "".join(page(nasty, [nasty], "token", True, fields, nasty))
    assert "<script" not in text and text.count("&lt;script&gt;&quot;&amp;&#39;") == 6
    assert "the password" not in text and "the key" not in text


ID = "0123abcd-0000-4000-8000-00000000beef"


def test_what_is_entered_is_checked():
    assert entered({"seen": "home", "password": "a password"}, True) == {"ssid": "home", "password": "a password"}
    assert entered({"seen": "home", "ssid": "cellar"}, True) == {"ssid": "cellar", "password": None}
    fields = {"ssid": "home", "device_id": " " + ID.upper(), "secret_key": "k3y!"}
    assert entered(fields, True)["device_id"] == ID and entered(fields, True)["secret_key"] == "k3y!"
    assert "secret_key" not in entered(fields, False)
    for change in (
        {"ssid": ""},
        {"ssid": "x" * 33},
        {"password": "secret"},
        {"password": "secret words" * 6},
        {"device_id": ID[:-1]},
        {"device_id": ID[:-1] + "x"},
        {"device_id": ""},
        {"secret_key": ""},
        {"secret_key": "secret words"},
        {"secret_key": "secret" * 11},
        {"device_id": "-" * 36},
        {"ssid": "ho\nme"},
        {"ssid": "home\0"},
        {"password": "secret\x7fwords"},
    ):
        error = raises(ValueError, entered, dict(fields, **change), True)
        assert "secret words" not in str(error) and "k3y!" not in str(error)


def test_each_mistake_has_its_own_words():
    fields = {"ssid": "home", "device_id": ID, "secret_key": "k3y!"}
    for change, words in (
        ({"ssid": ""}, "Which network?"),
        ({"ssid": "x" * 33}, "Wi-Fi network: expected at most 32 bytes, got 33."),
        ({"password": "short"}, "home: password: expected 8 to 63 characters, got 5"),
        ({"ssid": "a\tb"}, "Wi-Fi network: it has a control character."),
        ({"password": "secret\twords"}, "Password: it has a control character."),
        ({"device_id": ""}, "The secret key needs its device ID."),
        ({"device_id": "x"}, "A device ID has 36 characters"),
        ({"secret_key": ""}, "The device ID needs its secret key"),
        ({"secret_key": "secret" * 11}, "A secret key has at most 64 characters, without spaces."),
    ):
        error = raises(ValueError, entered, dict(fields, **change), True)
        assert str(error).startswith(words), (change, error)
