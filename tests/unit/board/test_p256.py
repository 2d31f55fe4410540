"""The curve P-256 in Python, and certificate requests, on every interpreter."""

from hashlib import sha256

from arduino_cloud_board.keys import csr, der, p256
from portable_assert import raises
from seeded import Seeded

# RFC 6979, A.2.5: the key; its public key; messages with the signature (r, s) of their SHA-256
KEY = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
POINT = bytes.fromhex(
    "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
)
SIGNED = (
    (
        b"sample",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        b"test",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
)
# NIST's point multiplication examples for P-256 (k, x of kG): first, second, twentieth, last but one, last
MULTIPLES = (
    (1, "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"),
    (2, "7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978"),
    (20, "83A01A9378395BAB9BCD6A0AD03CC56D56E6B19250465A94A234DC4C6B28DA9A"),
    (p256.N - 2, "7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978"),
    (p256.N - 1, "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"),
)


def test_the_public_key_of_rfc_6979():
    assert p256.public_point(KEY) == POINT


def test_the_signatures_of_rfc_6979():
    for message, r, s in SIGNED:
        expected = der.signature(bytes.fromhex(r + s))
        assert p256.sign(KEY, sha256(message).digest()) == expected, message


def test_multiples_of_the_base_point():
    for k, x in MULTIPLES:
        assert p256.multiply(k)[0] == int(x, 16), k


def test_every_digit_and_both_ends_of_the_range():
    # k * 2G is 2k * G, and (N - k) * G is the mirror image of k * G
    twice = p256.multiply(2)
    for k in list(range(1, 40)) + [p256.N - n for n in range(1, 40)]:
        assert p256.multiply(k, twice) == p256.multiply(2 * k % p256.N), k
        x, y = p256.multiply(k)
        assert p256.multiply(p256.N - k) == (x, p256._P - y)


def test_only_private_keys_of_the_curve_are_taken():
    for key in (bytes(32), p256.N.to_bytes(32, "big"), b"\xff" * 32, b"\1" * 31, b"\1" * 33, b""):
        for call in (p256.public_point, lambda key: p256.sign(key, bytes(32))):
            assert str(raises(ValueError, call, key)) == "not a P-256 private key"
    raises(ValueError, p256.sign, KEY, bytes(31))


def test_new_keys_differ_and_are_keys():
    keys = set([p256.new_private_key(b"the same") for _ in range(20)])
    assert len(keys) == 20
    for key in keys:
        assert len(key) == 32 and 0 < int.from_bytes(key, "big") < p256.N


def test_entropy_goes_into_a_key():
    class Poor:
        @staticmethod
        def urandom(n):
            return bytes(n)

    kept, p256.os = p256.os, Poor
    try:
        one, again, other = [p256.new_private_key(entropy) for entropy in (b"1", b"1", b"2")]
    finally:
        p256.os = kept
    assert one == again != other


def test_a_key_survives_der():
    key = csr.create_key()
    assert csr.PrivateKey(key).public_key() == p256.public_point(key[7:39])
    assert csr.PrivateKey(key).public_key() == bytes(key[-65:])


def test_pkcs8_is_taken():
    inner = der.sequence(b"\2\1\1", der.element(4, KEY))
    pkcs8 = der.sequence(b"\2\1\0", der.sequence(der.EC_PUBLIC_KEY, der.PRIME256V1), der.element(4, inner))
    assert csr.PrivateKey(pkcs8).public_key() == POINT


def test_what_is_no_key_is_refused_without_showing_it():
    seeded = Seeded(1)
    good = der.sequence(b"\2\1\1", der.element(4, KEY), der.element(0xA0, der.PRIME256V1))
    other_curve = good.replace(der.PRIME256V1, b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x06")
    junk = [b"", b"\x30", b"0\x82\x01", other_curve] + [good[:n] for n in range(len(good))]
    for data in junk + [seeded.mutated(good) for _ in range(200)]:
        if data == good:
            continue
        try:
            csr.PrivateKey(data)
        except ValueError as error:
            assert "P-256" in str(error) and len(str(error)) < 60
            assert getattr(error, "__context__", None) is None


def test_a_key_is_not_shown():
    key = csr.PrivateKey(der.sequence(b"\2\1\1", der.element(4, KEY)))
    for shown in (repr(key), str(key), "%r" % [key]):
        assert len(shown) < 99 and "\\" not in shown and KEY.hex()[:8] not in shown


def test_device_ids_that_do_not_do_are_refused():
    key = csr.create_key()
    for name in ("", "a" * 65, "a\n", "b\0", "\xe4", "a,b"):
        assert "device_id" in str(raises(ValueError, csr.csr, name, key))


def test_the_request_for_a_key_and_its_parts():
    class Chip:
        def public_key(self):
            return POINT

        def sign(self, digest):
            self.digest = digest
            return b"0\x06\2\1\1\2\1\2"

    chip = Chip()
    request = csr.csr("board-1", chip)
    _, at = 0, der.content(request, der.SEQUENCE)[0]
    _, start, end = der.read(request, at)
    assert chip.digest == sha256(request[at:end]).digest()
    assert request[end:] == der.ECDSA_WITH_SHA256 + b"\x03\x09\x000\x06\2\1\1\2\1\2"
    assert csr.public_key_of(request) == POINT
    raises(ValueError, csr.public_key_of, request[:80])
    raises(ValueError, csr.public_key_of, b"")


def test_pem():
    assert csr.pem(b"\0" * 50, "X") == "-----BEGIN X-----\n" + "A" * 64 + "\nAAA=\n-----END X-----\n"
