"""The Wi-Fi manager on stand-ins for four kinds of radios: what users report, and the way back to a connection.

Every scenario also checks the longest time for which the event loop had to wait.
"""

from portable_assert import raises
from reports import Reports
from wifi_rig import HOME, RADIOS, Module, Rig, World, smooth


def test_it_connects_on_every_radio():
    for radio in RADIOS:
        rig = Rig(radio)
        assert rig.connect(10000), radio
        assert rig.wifi.ip == "192.0.2.7" and rig.wifi.name == "home"
        assert len(rig.module.called("connect")) == 1
        rig.run(20000)
        stats = rig.stats()
        assert stats["rssi"] == -60 and stats["state"] == "connected" and stats["drops"] == 0, stats
        assert 19 <= stats["connected_s"] <= 21
        assert smooth(rig, radio)


def test_the_access_point_is_gone_for_a_minute_and_for_an_hour():
    for radio in RADIOS:
        for gone in (60000, 3600000):
            rig = Rig(radio)
            assert rig.connect()
            with Reports():
                rig.world.points["home"].on = False
                rig.run(gone)
            assert not rig.wifi.connected and rig.wifi.ip is None and rig.wifi.rssi is None
            rig.world.points["home"].on = True
            back = rig.world.now
            assert rig.connect(150000), (radio, gone)
            assert rig.world.now - back < 115000  # at most a pause of 75 s and the rest of an attempt
            assert rig.stats()["drops"] == 1 and rig.stats()["trouble"] == ""
            assert [address for _, address in rig.events] == ["192.0.2.7", None, "192.0.2.7"]
            assert smooth(rig, radio), (radio, rig.longest_gap)


def test_a_short_loss_is_over_in_seconds():
    for radio in RADIOS:
        rig = Rig(radio)
        assert rig.connect()
        home = rig.world.points["home"]
        with Reports():
            home.on = False
            rig.run(3000)
            home.on = True
            begin = rig.world.now
            assert rig.connect(60000), radio
        # Radios without numbers only know at the end of the attempt under way: 30 s.
        assert rig.world.now - begin < (10000 if radio in ("esp32", "cyw43") else 40000), radio
        assert smooth(rig, radio)


def test_one_look_that_misses_the_connection_is_not_a_loss():
    rig = Rig("cyw43")
    assert rig.connect()
    looks = [False]
    isconnected = rig.module.radio.isconnected
    rig.module.radio.isconnected = lambda: looks.pop() if looks else isconnected()
    rig.run(5000)
    assert not looks and rig.stats()["drops"] == 0 and len(rig.events) == 1


def test_esp32_idle_during_an_attempt_is_no_failure():
    rig = Rig("esp32", trouble={"idle_passes": 4})
    assert rig.connect(20000)
    assert len(rig.module.called("connect")) == 1 and rig.module.called("disconnect") == []


def test_esp32_after_a_router_restart_each_attempt_says_wrong_password():
    rig = Rig("esp32", trouble={"sticky": True})
    assert rig.connect()
    home = rig.world.points["home"]
    with Reports() as reports:
        home.on = False
        rig.run(40000)
        home.on = True
        assert rig.connect(90000)
    assert "password" not in str(reports.texts)
    assert smooth(rig, "esp32")


def test_esp32_that_refuses_to_connect_is_switched_off_and_on():
    rig = Rig("esp32", trouble={"wedged": True})
    rig.module.radio.is_active = True  # since before a soft reset
    with Reports():
        assert rig.connect(60000)
    assert rig.stats()["power_cycles"] == 1


def test_esp32_after_a_soft_reset_keeps_its_connection():
    rig = Rig("esp32")
    assert rig.connect()
    again = Rig("esp32", world=rig.world, module=rig.module)
    before = len(rig.module.calls)
    assert again.connect(1000) and len(rig.module.calls) == before


def test_a_connection_to_another_network_is_given_up():
    for radio in RADIOS:
        rig = Rig(radio)
        assert rig.connect()
        rig.world.point("work", "another password", ip="198.51.100.4")
        again = Rig(radio, {"ssid": "work", "password": "another password"}, world=rig.world, module=rig.module)
        assert again.connect(20000), radio
        assert again.wifi.ip == "198.51.100.4"
        left, begun = again.module.called("disconnect")[-1], again.module.called("connect")[-1]
        assert begun - left >= 1000, radio  # sooner, an ESP32 refuses


def test_after_a_soft_reset_a_connection_is_kept_only_with_the_address_that_is_wanted():
    static = ("198.51.100.20", "255.255.255.0", "198.51.100.1", "198.51.100.1")
    fixed = dict(HOME, static=static)
    rig = Rig("esp32")
    assert rig.connect()
    again = Rig("esp32", fixed, world=rig.world, module=rig.module)
    assert again.connect(20000) and again.wifi.ip == "198.51.100.20"
    # The connection to the second network and its static address are kept; the next network does not get the address.
    connects = len(rig.module.called("connect"))
    rig.world.point("work", "another password")
    networks = [{"ssid": "work", "password": "another password"}, dict(fixed, priority=-1)]
    third = Rig("esp32", networks, world=rig.world, module=rig.module)
    assert third.connect(1000) and third.wifi.name == "home"
    assert len(rig.module.called("connect")) == connects
    with Reports():
        rig.world.points["home"].on = False
        third.run(15000)
        assert third.connect(60000)
    assert (third.wifi.name, third.wifi.ip) == ("work", "192.0.2.7")


def test_an_esp32_gets_a_minute_for_an_attempt_and_the_others_half_of_it():
    for radio in RADIOS:
        rig = Rig(radio)
        rig.module.radio.isconnected = lambda: False
        waiting = {"esp32": 1001, "cyw43": 1}.get(radio, True)
        rig.module.radio.status = lambda what=None: waiting
        rig.run(80000)
        first, second = rig.module.called("connect")[:2]
        assert (62000 if radio == "esp32" else 32000) > second - first > (60000 if radio == "esp32" else 30000), radio


def test_a_signal_of_zero_means_nothing_where_a_driver_is_not_known_for_it():
    rig = Rig("nina")
    assert rig.connect()
    status = rig.module.radio.status
    rig.module.radio.status = lambda what=None: 0 if what else status()
    rig.run(60000)
    assert rig.wifi.connected and rig.stats()["drops"] == 0


def test_a_key_of_64_digits_is_a_password():
    world = World()
    world.point("home", "0123456789abcdef" * 4)
    assert Rig("cyw43", {"ssid": "home", "password": "0123456789abcdef" * 4}, world=world).connect(10000)


def test_a_wrong_password_is_named_and_tried_on_until_it_is_right():
    for radio, trouble in (
        ("esp32", {}),
        ("esp32", {"password_reason": 15}),
        ("esp32", {"password_reason": 205}),
        ("cyw43", {}),
        ("cyw43", {"mute_password": True}),
        ("nina", {}),
        ("esp-hosted", {}),
    ):
        rig = Rig(radio, {"ssid": "home", "password": "not the password"}, trouble=trouble)
        with Reports() as reports:
            rig.run(600000)
        told = rig.stats()["trouble"]
        assert "password?" in told, (radio, trouble, told)
        assert len([line for line in reports.texts if "password?" in line]) == 1
        assert "not the password" not in str(reports.texts) + str(rig.stats()) + repr(rig.wifi)
        tries = rig.module.called("connect")
        assert 6 <= len(tries) <= 30, (radio, len(tries))
        assert len(tries) - 1 <= rig.stats()["failures"] <= len(tries) == rig.stats()["attempts"]
        rig.world.points["home"].password = "not the password"
        assert rig.connect(150000), radio
        assert smooth(rig, radio)


def test_cyw43_that_fails_at_first_and_needs_another_attempt():
    rig = Rig("cyw43", trouble={"first_fails": True})
    assert rig.connect(20000)
    assert len(rig.module.called("connect")) == 2


def test_cyw43_that_stays_connected_without_a_signal_is_connected_anew():
    rig = Rig("cyw43", trouble={"deaf": True})
    assert rig.connect()
    home = rig.world.points["home"]
    with Reports():
        home.on = False
        rig.run(30000)
        assert not rig.wifi.connected
        home.on = True
        assert rig.connect(60000)
    assert smooth(rig, "cyw43")


def test_cyw43_that_stays_connected_with_yesterdays_signal_is_believed_until_somebody_knows_better():
    rig = Rig("cyw43", trouble={"stale": True})
    assert rig.connect()
    home = rig.world.points["home"]
    with Reports():
        home.on = False
        rig.run(120000)
        assert rig.wifi.connected
        rig.wifi._broken = True  # as `wifi_probe` does
        rig.run(5000)
        assert not rig.wifi.connected and rig.stats()["connected_s"] == 0
        home.on = True
        assert rig.connect(60000)
        rig.run(10000)
    assert rig.stats()["drops"] == 1 and 9 <= rig.stats()["connected_s"] <= 10  # connected_s starts again


def test_an_exception_with_the_password_in_it_is_not_told():
    rig = Rig("nina", trouble={"refusals": 3})
    with Reports() as reports:
        assert rig.connect(60000)
    assert reports.texts and "a password" not in str(reports.texts), reports.texts
    assert "refused" in str(reports.texts)


def test_a_program_that_asks_and_stops():
    rig = Rig("cyw43")
    wifi = rig.wifi
    assert (wifi.connected, wifi.ip, wifi.rssi, wifi.state, wifi.name) == (False, None, None, "off", "home")
    assert rig.connect()
    assert (wifi.connected, wifi.rssi, wifi.state) == (True, -60, "connected")
    wifi.stop()
    assert (wifi.connected, wifi.ip, wifi.rssi, wifi.state) == (False, None, None, "off")
    assert [call[1] for call in rig.module.calls[-2:]] == ["disconnect", "inactive"]


def test_a_manager_that_is_stopped_during_a_scan_can_be_started_again():
    rig = Rig("esp32", [HOME, {"ssid": "work", "password": "another password"}])
    assert rig.run(5000, lambda: rig.wifi.state == "scanning")
    rig.wifi.stop()
    rig.again()
    rig.world.spend(10000)  # the scan ends only now
    with Reports() as reports:
        assert rig.connect(20000)
    assert "failed" not in reports


def test_stopping_switches_the_radio_off_even_if_it_refuses_to_disconnect():
    rig = Rig("esp32")
    assert rig.connect()

    def refuse():
        raise OSError("Wifi Internal State Error")

    rig.module.radio.disconnect = refuse
    rig.wifi.stop()
    assert not rig.module.radio.is_active


def test_a_loss_that_cannot_be_told_for_want_of_memory_is_still_a_loss():
    rig = Rig("cyw43")
    assert rig.connect()
    moved, refusals = rig.wifi._moved, [1, 2]

    def fail(ip):
        rig.wifi._moved = moved if len(refusals) == 1 else fail
        refusals.pop()
        raise MemoryError

    rig.wifi._moved = fail
    with Reports():
        rig.world.points["home"].on = False
        rig.run(5000)
        assert not refusals and not rig.wifi.connected
        rig.world.points["home"].on = True
        assert rig.connect(60000)


def test_a_radio_without_power_saving_connects_all_the_same():
    class Plain:  # no PM_NONE, and a number for a status: treated as a cyw43
        def __init__(self, radio):
            for name in ("active", "isconnected", "ifconfig", "status", "connect", "disconnect", "config"):
                setattr(self, name, getattr(radio, name))

    rig = Rig("cyw43")
    rig.wifi._interface = Plain(rig.module.radio)
    with Reports() as reports:
        assert rig.connect(20000)
    assert "no power_save" in reports and rig.module.called("config") == []


def test_a_callback_that_fails_is_reported_and_changes_nothing():
    rig = Rig("cyw43")

    def fail(wifi):
        raise ValueError("mine")

    rig.wifi.on_change = fail
    with Reports() as reports:
        assert rig.connect()
    assert "on_change' raised ValueError" in str(reports.texts)


def test_wrong_arguments_are_refused_and_no_password_is_quoted():
    for networks, part in (
        ([], "at least one"),
        ([{"ssid": "", "password": "secret words"}], "1 to 32 bytes"),
        ([{"ssid": "x" * 33, "password": "secret words"}], "1 to 32 bytes"),
        ([{"ssid": "a", "password": "secret"}], "got 6"),
        ([{"ssid": "a", "password": "secret words" * 6}], "got 72"),
        ([{"ssid": "a", "password": "secret" * 10 + "12345"}], "got 65"),
        ([{"name": "a", "password": "secret words"}], "expected ssid"),
        ([{"ssid": "a", "passwort": "secret words"}], "expected ssid"),
        ([{"ssid": "a", "static": ("1.2.3.4", "255.0.0.0", "1.2.3.1")}], "expected (ip"),
        ([{"ssid": "a", "static": ("1.2.3.4", "255.0.0.0", "1.2.3.1", "1.2.3.256")}], "expected (ip"),
    ):
        error = str(raises(ValueError, Rig, "cyw43", networks))
        assert part in error and "secret" not in error, error
    for networks, part in (
        ([("home", "secret words")], "got tuple"),
        (["secret words"], "got str"),
        ([{"ssid": "a", "password": "secret words", "priority": "1"}], "priority: expected an int"),
    ):
        error = str(raises(ValueError, Rig, "cyw43", networks))
        assert part in error and "secret" not in error, error
    for country in ("DEU", "1", "D1"):
        raises(ValueError, Rig, "cyw43", country=country)
    for name in ("x" * 33, "a b", "-a", "a-", ""):
        raises(ValueError, Rig, "cyw43", hostname=name)


def test_another_module_than_the_expected_one_still_connects():
    # Unknown radios are treated as a cyw43.
    rig = Rig("cyw43", quirks={"radio": "new"})
    assert rig.connect(10000)
    assert rig.module.called("config") == []
    assert isinstance(rig.module, Module)


def test_seconds_of_connection_are_counted_and_doubts_rest_for_so_many():
    rig = Rig("cyw43")
    assert rig.connect()
    rig.wifi._quiet_s = 300  # as `wifi_probe` does
    rig.run(200000)
    assert 95 <= rig.wifi._quiet_s <= 105
    rig.run(200000)
    assert rig.wifi._quiet_s == 0
    assert 398 <= rig.stats()["connected_s"] <= 401
