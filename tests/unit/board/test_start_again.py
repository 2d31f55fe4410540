"""Ctrl-C, and then the program again without a reset: each start works, and takes down what the last one left.

On MicroPython an interrupted event loop keeps its tasks; on CPython `asyncio.run` cancels them.
"""

import asyncio
import sys

from arduino_cloud_board import Ethernet, WiFi, device as module, link as connection
from arduino_cloud_board.link import ethernet
from arduino_iot_cloud.port import MICROPYTHON
from device_parts import Attempts, Board, Machine, make, until
from portable_assert import raises
from reports import Reports
from stands_in import Stands
from wifi_rig import HOME


class Hurry:
    """`with Hurry():` shortens the waits of a device and its connection to a twentieth."""

    def __enter__(self):
        self.before = connection.sleep_ms
        self._set(lambda ms: self.before(ms // 20))

    def __exit__(self, *error):
        self._set(self.before)

    def _set(self, sleep_ms):
        connection.sleep_ms = ethernet.sleep_ms = module.sleep_ms = sleep_ms
        if "arduino_cloud_board.link.wifi_radio" in sys.modules:
            sys.modules["arduino_cloud_board.link.wifi_radio"].sleep_ms = sleep_ms


# What the event loop is doing when Ctrl-C comes: it runs the program, the supervisor, the link; or it waits, and that
# ran last.
WHERE = ("program", "supervisor", "link") + (("after supervisor", "after link") if MICROPYTHON else ())


class Interface:
    """A LAN or WLAN that is connected once it is on. `interrupts`: what its next call does before anything else."""

    PM_NONE = 16
    STA_IF = 0

    def __init__(self):
        self.on = False
        self.interrupts = None
        self.looks = 0  # how often it was asked whether it is connected

    def active(self, on=None):
        if on is not None:
            self.on = on
        return self.on

    def isconnected(self):
        self.looks += 1
        if self.interrupts:
            how, self.interrupts = self.interrupts, None
            how()
        return self.on

    def ifconfig(self, given=None):
        return ("192.0.2.30", "255.255.255.0", "192.0.2.1", "192.0.2.1")

    def status(self, what=None):
        return -60 if what else 3 if self.on else 0

    def config(self, *names, **values):
        return "home" if names else None

    def connect(self, ssid, key=None):
        self.on = True

    def disconnect(self):
        pass

    def WLAN(self, number):  # noqa: N802 - as in `network`
        return self


async def _press(condition, raiser):
    # Ctrl-C comes once the condition is true.
    await until(condition)
    raiser()


def _interrupt(raises_it=None):
    if raises_it:
        raises_it()
    else:
        raise KeyboardInterrupt


async def _program(runs, condition, how):
    asyncio.create_task(_press(condition, how))
    task = asyncio.create_task(runs())
    await task


def press_ctrl_c(runs, condition, how=_interrupt):
    """Run a coroutine function in `asyncio.run` until Ctrl-C."""
    try:
        asyncio.run(_program(runs, condition, how))
    except KeyboardInterrupt:
        return
    raise AssertionError("no KeyboardInterrupt")


def new_event_loop():
    if MICROPYTHON:
        asyncio.new_event_loop()


def _device(interface, **more):
    made = make(Ethernet(interface=interface), **more)
    return made, Attempts(made)


def _interrupt_waiting():
    # The event loop gets Ctrl-C as soon as it waits.
    queue = asyncio.core._io_queue

    def wait_io_event(ms):
        del queue.wait_io_event
        raise KeyboardInterrupt

    queue.wait_io_event = wait_io_event


def _how(where, made, interface):
    task, how = where.split(" ")[-1], _interrupt_waiting if "after" in where else _interrupt

    def supervisor():
        poll = made.clock.poll

        def poll_once(*_):
            made.clock.poll = poll
            how()

        made.clock.poll = poll_once

    def link():
        interface.interrupts = how

    return {"program": _interrupt, "supervisor": supervisor, "link": link}[task]


async def _runs_once(made, attempts, interface, *others):
    # The run reaches the cloud, alone, and ends.
    counts = [other.count for other in others]
    running = asyncio.create_task(made.run())
    before = attempts.count
    await until(lambda: attempts.count > before)
    assert made.running and made.link.connected and interface.on
    assert module.runs == [made] and connection.started == [made.link]
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert [other.count for other in others if other is not attempts] == [
        count for other, count in zip(others, counts) if other is not attempts
    ]
    made.stop()
    await running
    assert not made.running and not interface.on and module.runs == connection.started == []


def _each(check):
    for where in WHERE:
        for kept in (True, False):
            interface = Interface()
            with Stands("network", interface), Hurry(), Reports() as reports:
                try:
                    check(where, kept, interface, reports)
                finally:
                    new_event_loop()


def test_the_same_device_runs_again_wherever_ctrl_c_came():
    def check(where, kept, interface, reports):
        made, attempts = _device(interface)
        for _ in range(2):
            before = attempts.count
            press_ctrl_c(made.run, lambda: attempts.count > before, _how(where, made, interface))
            if not kept:
                new_event_loop()
        asyncio.run(_runs_once(made, attempts, interface))

    _each(check)


def test_another_device_takes_the_place_of_the_one_that_was_left():
    def check(where, kept, interface, reports):
        first, left = _device(interface)
        press_ctrl_c(first.run, lambda: left.count, _how(where, first, interface))
        if not kept:
            new_event_loop()
        made, attempts = _device(interface)
        asyncio.run(_runs_once(made, attempts, interface, left))
        assert not first.running and not first.link.connected

    _each(check)


def test_start_takes_everything_down_when_ctrl_c_ends_it():
    def check(where, kept, interface, reports):
        made, attempts = _device(interface)
        how = _how(where, made, interface)

        async def connect():
            asyncio.create_task(_press(lambda: True, how))
            await attempts._connect()

        made.client.driver.connect = connect
        for _ in range(2):
            raises(KeyboardInterrupt, made.start)
            assert not made.running and not interface.on and module.runs == connection.started == []
        made.client.driver.connect = attempts._connect
        asyncio.run(_runs_once(made, attempts, interface))

    _each(check)


def test_a_run_that_is_made_before_the_event_loop_takes_down_what_was_left():
    interface = Interface()
    with Stands("network", interface), Hurry(), Reports():
        made, attempts = _device(interface)
        press_ctrl_c(made.run, lambda: attempts.count)
        begun = made.run()
        assert not made.running and not interface.on and module.runs == []
        begun.close()
    new_event_loop()


def test_parts_of_an_interrupted_program_are_not_waited_for_any_longer():
    interface = Interface()
    with Stands("network", interface), Stands("machine", Machine()), Hurry(), Reports() as reports:
        made, attempts = _device(interface, watchdog=20000, board=Board(WATCHDOG_MS=30000))
        press_ctrl_c(lambda: _with_a_part(made), lambda: attempts.count)
        asyncio.run(_outlives_the_part(made, attempts))
        assert not made.watchdog.starving and "no sign of life" not in reports
    new_event_loop()


async def _with_a_part(made):
    running = asyncio.create_task(made.run())
    await until(lambda: made.running)
    made.expect("pump", 1)
    await running


async def _outlives_the_part(made, attempts):
    running = asyncio.create_task(made.run())
    before = attempts.count
    await until(lambda: attempts.count > before)
    await asyncio.sleep(1.2)
    made.stop()
    await running


def test_a_flush_that_was_left_behind_is_not_woken_in_another_event_loop():
    interface = Interface()
    with Stands("network", interface), Hurry(), Reports():
        made, attempts = _device(interface)
        made.client.register("level", value=1)

        async def program():
            asyncio.create_task(made.client.flush(60))
            await _runs_once(made, attempts, interface)
            assert made.client.driver.acknowledged

        async def again():
            running = asyncio.create_task(made.run())
            await until(lambda: made.running)
            assert not made.client.driver.acknowledged
            made.stop()
            await running

        asyncio.run(program())
        new_event_loop()
        asyncio.run(again())
    new_event_loop()


async def test_a_run_that_goes_on_refuses_another_where_ctrl_c_leaves_nothing_behind():
    # On MicroPython nobody can tell such a run from one that was left behind.
    interface = Interface()
    with Stands("network", interface), Hurry(), Reports() as reports:
        made, attempts = _device(interface)
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == 1)
        again = asyncio.create_task(made.run())
        if MICROPYTHON:
            await until(lambda: attempts.count == 2)
            assert "an earlier run was ended" in reports
            running = again
        else:
            await until(again.done)
            assert "already" in str(again.exception())
        assert made.running and interface.on
        made.stop()
        await running
    assert module.runs == []


# Wi-Fi alone


def test_wifi_starts_again_wherever_ctrl_c_came():
    for kept in (True, False):
        for other in (True, False):
            for where in [one for one in WHERE if "supervisor" not in one]:
                interface = Interface()
                with Stands("network", interface), Reports(), Hurry():
                    wifi = WiFi(HOME)
                    how = _how(where, None, interface)
                    press_ctrl_c(lambda: _lasting(wifi), lambda: wifi.connected, how)
                    if not kept:
                        new_event_loop()
                    if other:
                        wifi = WiFi(HOME)
                    interface.looks = 0
                    asyncio.run(_joins(wifi, interface))
                    assert not interface.on and connection.started == []
                new_event_loop()


async def _lasting(wifi):
    wifi.start()
    while True:
        await asyncio.sleep(0.05)


async def _joins(wifi, interface):
    wifi.start()
    assert wifi.start() is wifi and connection.started == [wifi]
    assert await wifi.wait(10)
    assert interface.on
    before = interface.looks
    await until(lambda: interface.looks > before)  # it is watched, and not by two
    looks = interface.looks
    await asyncio.sleep(0.5)
    assert interface.looks - looks <= 12  # every 50 ms in a hurry
    wifi.stop()
    assert not interface.on


async def test_another_object_for_the_same_interface_takes_its_place():
    interface = Interface()
    with Stands("network", interface), Hurry(), Reports():
        first = WiFi(HOME).start()
        assert await first.wait(5)
        second = WiFi(HOME).start()
        assert not first.connected and first.state == "off"
        wired = Ethernet(interface=Interface()).start()  # another kind drives another interface
        assert await second.wait(5) and await wired.wait(5)
        second.stop()
        wired.stop()
        await asyncio.sleep(0.05)
    assert connection.started == []
