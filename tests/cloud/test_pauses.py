"""Fair turns and growing pauses, with a clock of the test's own."""

import asyncio
import threading
from collections import Counter

from localcloud.identity import hashed_secrets
from localcloud.identity.failures import Failures
from localcloud.identity.pauses import FREE, LONGEST_ANSWER_S, SHORTEST_ANSWER_S, Pauses, TooMany, pause_after
from localcloud.identity.turns import QueueFull, Turns
from localcloud.identity.verification import Busy, Verifier
from old_hashes import old_hash


class Gate:
    """Work that begins in the order of the turns, and ends when the test opens the gate."""

    def __init__(self):
        self.began = []
        self._open = threading.Semaphore(0)

    def work(self, name):
        def run():
            self.began.append(name)
            self._open.acquire()
            return True

        return run

    def open(self, times=1):
        for _ in range(times):
            self._open.release()


async def in_order(requests, most=1000, before=1):
    """Ask for turns while the first ones run, and return the order in which all had theirs."""
    turns, gate = Turns(most, clock=lambda: 0.0), Gate()
    tasks = []
    for number, (identity, address, suspect) in enumerate(requests):
        name = "%s at %s" % (identity, address)
        tasks.append(asyncio.create_task(turns.run(identity, address, lambda suspect=suspect: suspect, gate.work(name))))
        await asyncio.sleep(0)
        if number < before:
            await asyncio.sleep(0)
    gate.open(len(requests))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    turns.close()
    return gate.began, results


def test_a_flood_for_one_identity_does_not_delay_another():
    flood = [("d1", "b", False)] * 20
    began, _ = asyncio.run(in_order([*flood, ("d2", "b", False)]))
    assert began.index("d2 at b") == 1


def test_a_flood_for_many_identities_from_one_address_does_not_delay_another_address():
    flood = [("d%d" % number, "evil", False) for number in range(20)]
    began, _ = asyncio.run(in_order([*flood, ("mine", "home", False)]))
    assert began.index("mine at home") == 1


def test_a_flood_from_many_addresses_for_one_identity_does_not_delay_another_identity():
    flood = [("d1", "a%d" % number, False) for number in range(20)]
    began, _ = asyncio.run(in_order([*flood, ("d2", "home", False)]))
    assert began.index("d2 at home") == 1


def test_who_has_given_wrong_secrets_comes_last():
    flood = [("d%d" % number, "proxy", True) for number in range(20)]
    began, _ = asyncio.run(in_order([*flood, ("mine", "proxy", False)], before=1))
    assert began.index("mine at proxy") == 1


def test_a_full_queue_refuses_the_newest_of_who_has_most():
    flood = [("d1", "evil", False)] * 6
    others = [("d2", "home", False), ("d3", "home", False)]
    began, results = asyncio.run(in_order([*flood, *others], most=5))
    assert [isinstance(result, QueueFull) for result in results] == [False] * 4 + [True] * 2 + [False] * 2
    assert "d2 at home" in began and "d3 at home" in began


def test_who_no_longer_waits_is_taken_out_at_once():
    async def run():
        turns, gate = Turns(), Gate()
        first = asyncio.create_task(turns.run("d1", "a", lambda: False, gate.work("first")))
        gone = [asyncio.create_task(turns.run("d1", "a", lambda: False, gate.work("gone"))) for _ in range(5)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        left = len(turns)
        gate.open(6)
        await first
        turns.close()
        return left, gate.began

    left, began = asyncio.run(run())
    assert left == 0 and began == ["first"]


def test_answers_to_wrong_secrets_come_slower_and_slower_up_to_a_limit():
    answers = [pause_after(number) for number in range(1, 12)]
    assert answers[:FREE] == [SHORTEST_ANSWER_S] * FREE
    assert answers == sorted(answers) and answers[-1] == LONGEST_ANSWER_S
    assert pause_after(10**9) == LONGEST_ANSWER_S


def test_several_secrets_at_once_are_suspect_and_so_is_one_after_a_failure():
    async def run():
        pauses = Pauses()
        found = []
        async with pauses.comparison("d", "evil"):
            found.append(pauses.is_suspect("d", "evil"))
            async with pauses.comparison("d", "evil"):
                found.append(pauses.is_suspect("d", "evil"))
        found.append(pauses.is_suspect("d", "evil"))
        pauses.failed("d", "evil")
        return [*found, pauses.is_suspect("d", "evil"), pauses.is_suspect("d", "home")]

    assert asyncio.run(run()) == [False, True, False, True, False]


def test_strangers_get_turns_from_both_ends_of_the_queue():
    flood = [("d%d" % number, "a%d" % number, False) for number in range(20)]
    began, _ = asyncio.run(in_order([*flood, ("mine", "home", False)]))
    assert began.index("mine at home") <= 2 and began.index("d1 at a1") <= 2


def test_failures_count_for_identity_and_address_together_and_are_forgotten():
    now = [0.0]
    pauses = Pauses(lambda: now[0])
    for _ in range(7):
        pauses.failed("d1", "evil")
    assert pauses.failures("d1", "evil") == 7
    assert pauses.failures("d1", "home") == pauses.failures("d2", "evil") == 0
    now[0] = 3600
    assert pauses.failures("d1", "evil") == 0 and pauses.failed("d1", "evil") == 1


def test_what_is_remembered_is_bounded():
    pauses = Pauses()
    for number in range(12_000):
        pauses.failed("d%d" % number, "evil")
    assert len(pauses) == 10_000 and pauses.failures("d11999", "evil") == 1


def test_only_two_wait_for_an_identity_and_address_with_many_failures():
    async def run():
        pauses = Pauses()
        for _ in range(50):
            pauses.failed("d", "evil")

        async def one():
            try:
                async with pauses.comparison("d", "evil"):
                    return True
            except TooMany:
                return False

        return await asyncio.gather(*(one() for _ in range(10)))

    assert asyncio.run(run()) == [True] * 2 + [False] * 8


class Noted(list):
    """What a Verifier has told the audit log."""

    def __call__(self, action, **about):
        self.append((action, about))


def verified(*calls, outdated=None, noted=None):
    """Verify (secret, stored) one after the other, and return the answers."""

    async def run():
        verifier = Verifier(Failures(Counter(), noted or Noted()), outdated)
        answers = []
        for secret, stored in calls:
            try:
                answers.append(await verifier.verify("device", "d", secret, stored, "home"))
            except Busy:
                answers.append(None)
        verifier.close()
        return answers

    return asyncio.run(run())


def test_a_verified_password_is_verified_again_without_the_slow_hash(monkeypatch):
    stored = hashed_secrets.hash_secret("a password")
    another = hashed_secrets.hash_secret("another one")
    slow = []
    matches = hashed_secrets.matches
    monkeypatch.setattr(hashed_secrets, "matches", lambda *arguments: slow.append(1) or matches(*arguments))
    answers = verified(*[("a password", stored)] * 3, ("wrong", stored), ("a password", another), ("a password", stored))
    assert answers == [True, True, True, False, False, True]
    assert len(slow) == 2


def test_a_device_without_a_secret_or_that_does_not_exist_is_refused():
    assert verified(("x", None), ("", None), ("", ""), ("x", "")) == [False] * 4


def test_an_old_hash_of_a_generated_secret_is_replaced_and_that_of_a_chosen_one_is_not():
    replaced = []
    secret = hashed_secrets.new_secret()
    calls = [(secret, old_hash(secret)), ("a password", old_hash("a password"))]
    assert verified(*calls, outdated=lambda *arguments: replaced.append(arguments)) == [True, True]
    ((kind, id, old, new),) = replaced
    assert (kind, id, old) == ("device", "d", old_hash(secret))
    assert hashed_secrets.is_fast(new) and hashed_secrets.matches(secret, new)
