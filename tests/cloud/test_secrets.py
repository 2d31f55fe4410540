"""How secrets are kept: what a stored hash accepts, and which hashes are fast."""

import hashlib
import unicodedata

import pytest
from localcloud.identity import hashed_secrets
from localcloud.identity.hashed_secrets import hash_secret, is_fast, is_generated, matches, new_secret
from old_hashes import old_hash

CHOSEN = "my grandmother's bicycle"
GENERATED = "XAYnlz9do90ELY6mAaQJ5Z4Wv8cWaSXhsy3xJLZ1"


@pytest.mark.parametrize("secret", [CHOSEN, GENERATED])
def test_secrets_are_kept_as_salted_hashes(secret):
    first, second = hash_secret(secret), hash_secret(secret)
    assert first != second and secret not in first
    assert matches(secret, first) and not matches(secret + "x", first)
    assert not matches(secret, "rubbish") and not matches(secret, "")


@pytest.mark.parametrize("secret", [CHOSEN, GENERATED, "é" * 20, "long " * 40])
def test_nothing_but_the_secret_itself_is_accepted(secret):
    digest = hashlib.sha256(secret.encode()).digest().decode("latin-1")
    others = [secret + end for end in ("\0", "\0\0", "\n", " ", "x")]
    others += ["\0" + secret, secret[:-1], secret.upper(), digest]
    others += [unicodedata.normalize("NFD", secret)] if not secret.isascii() else []
    for stored in (hash_secret(secret), old_hash(secret)):
        assert matches(secret, stored)
        assert [other for other in others if other != secret and matches(other, stored)] == []


def test_a_long_password_is_not_its_digest():
    """An HMAC replaces a key that is longer than its block by the key's digest."""
    password = "x" * 65
    digest = hashlib.sha256(password.encode()).digest()
    found = hash_secret(password)
    assert matches(password, found) and not matches(digest.decode("latin-1"), found)


def test_hashes_of_generated_secrets_are_fast_and_those_of_chosen_ones_slow():
    assert all(is_generated(new_secret()) and is_fast(hash_secret(new_secret())) for _ in range(100))
    assert not is_fast(hash_secret(CHOSEN))


@pytest.mark.parametrize(
    "chosen",
    [
        "a" * 40,
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN",
        "An0therSecretAn0therSecretAn0therSecret1",
        "correcthorsebatterystaplecorrecthorsebat",
        "1234567890123456789012345678901234567890",
        "abcDEF" * 7,
        "",
    ],
)
def test_forty_letters_and_digits_that_a_person_thought_of_are_not_taken_for_generated(chosen):
    assert not is_generated(chosen)


def test_a_hash_holds_its_own_cost(monkeypatch):
    stored = hash_secret(CHOSEN)
    monkeypatch.setattr(hashed_secrets, "_LOG2_COST", 5)
    assert matches(CHOSEN, stored)
