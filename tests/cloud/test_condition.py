"""Warnings for the operator: shown while they last, logged once a day, told to the page."""

import asyncio
import logging

from localcloud.traffic.live import Live
from localcloud.watch.condition import Condition


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def made():
    live, clock = Live(), Clock()
    return Condition(live, clock), live, clock


def test_a_warning_is_shown_until_it_ends():
    condition, _, _ = made()
    condition.warn("disk", "the disk is nearly full")
    condition.warn("certificate", "the certificate ends in 3 days")
    condition.warn("disk", "the disk is full")
    assert condition.warnings == ["the disk is full", "the certificate ends in 3 days"]
    condition.clear("disk")
    condition.clear("disk")
    assert condition.warnings == ["the certificate ends in 3 days"]


def test_a_warning_is_logged_once_a_day_and_when_its_words_change(caplog):
    condition, _, clock = made()
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            condition.warn("disk", "the disk is nearly full")
        assert caplog.messages == ["the disk is nearly full"]
        clock.now += 24 * 3600
        condition.warn("disk", "the disk is nearly full")
        condition.warn("disk", "the disk is full")
    assert caplog.messages == ["the disk is nearly full"] * 2 + ["the disk is full"]


async def take(live, work):
    with live.watch() as events:
        work()
        return [events.get_nowait() for _ in range(events.qsize())]


def test_watchers_are_told_of_changes_only():
    async def run():
        condition, live, _ = made()

        def work():
            condition.warn("disk", "full")
            condition.warn("disk", "full")
            condition.clear("disk")
            condition.clear("disk")

        return await take(live, work)

    told = asyncio.run(run())
    assert [event["warnings"] for event in told] == [["full"], []]
