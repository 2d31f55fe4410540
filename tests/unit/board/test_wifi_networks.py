"""The Wi-Fi manager on stand-ins for four kinds of radios: which network it joins, and what it sets on the way."""

from reports import Reports
from wifi_rig import HOME, RADIOS, Rig, World, smooth


def test_an_open_network_on_every_radio():
    for radio in RADIOS:
        world = World()
        world.point("cafe")
        for networks in ({"ssid": "cafe"}, {"ssid": "cafe", "password": ""}):
            rig = Rig(radio, networks, world=world)
            assert rig.connect(20000), radio


def test_another_address_is_noticed():
    for radio in RADIOS:
        rig = Rig(radio)
        assert rig.connect()
        rig.world.points["home"].ip = "192.0.2.99"
        with Reports():
            rig.run(7000)
        assert rig.wifi.ip == "192.0.2.99", radio
        assert [address for _, address in rig.events] == ["192.0.2.7", "192.0.2.99"]
        assert rig.stats()["address_changes"] == 1 and rig.stats()["drops"] == 0


def test_names_and_country_come_before_the_radio_and_power_saving_after_it():
    for radio in RADIOS:
        rig = Rig(radio, hostname="greenhouse", country="de", power_save=True)
        assert rig.connect()
        names = [call[1] for call in rig.module.calls]
        assert sorted(names[:2]) == ["country", "hostname"] and names[2] == "active", names
        assert rig.module.calls[names.index("country")][2] == ("DE",)
        if radio in ("esp32", "cyw43"):
            assert names[3] == "config" and rig.module.calls[3][2] == ({"pm": 17},)
        else:
            assert "config" not in names  # they have no power saving


def test_power_saving_is_set_again_after_the_radio_was_off():
    rig = Rig("cyw43")
    rig.world.points["home"].on = False
    with Reports():
        rig.run(300000)
    assert len(rig.module.called("config")) == 1 + rig.stats()["power_cycles"] > 1
    assert rig.module.radio.PM_NONE == 16  # the default of the manager
    assert {call[2][0]["pm"] for call in rig.module.calls if call[1] == "config"} == {16}


def test_a_static_address_is_set_before_connecting_and_taken_back_for_the_next_network():
    static = ("198.51.100.20", "255.255.255.0", "198.51.100.1", "198.51.100.1")
    for radio in RADIOS:
        world = World()
        world.point("home", "a password")
        lab = world.point("lab", "a lab's password")
        networks = [HOME, {"ssid": "lab", "password": "a lab's password", "static": static, "priority": 5}]
        rig = Rig(radio, networks, world=world)
        assert rig.connect(30000)
        assert rig.wifi.ip == "198.51.100.20" and rig.wifi.name == "lab"
        assert rig.module.called("ifconfig")[0] <= rig.module.called("connect")[0]
        lab.on = False
        with Reports():
            rig.run(20000)
            assert rig.connect(150000), radio
        assert (rig.wifi.ip, rig.wifi.name) == ("192.0.2.7", "home"), radio


def test_of_several_networks_the_preferred_one_and_each_that_is_there():
    for radio in RADIOS:
        world = World()
        for name in ("home", "work", "phone"):
            world.point(name, "password of " + name)
        networks = [
            {"ssid": name, "password": "password of " + name, "priority": priority}
            for name, priority in (("home", 1), ("work", 3), ("phone", 2))
        ]
        rig = Rig(radio, networks, world=world)
        for wanted, gone in (("work", ()), ("phone", ("work",)), ("home", ("work", "phone"))):
            for name in world.points:
                world.points[name].on = name not in gone
            with Reports():
                rig.run(15000)
                assert rig.connect(200000), (radio, wanted)
            assert rig.wifi.name == wanted, (radio, wanted, rig.wifi.name)
        assert smooth(rig, radio), (radio, rig.longest_gap)


def test_networks_of_equal_priority_are_tried_in_the_order_in_which_they_were_given():
    names = ["network %d" % number for number in range(12)]
    rig = Rig("cyw43", [{"ssid": name, "priority": 7 * (name == names[9])} for name in names])
    rig.world.points["home"].on = False
    with Reports():
        rig.run(120000)
    tried = [call[2][0] for call in rig.module.calls if call[1] == "connect"]
    assert tried[:12] == names[9:10] + names[:9] + names[10:]


def test_hidden_networks_are_tried_too():
    for radio in ("esp32", "nina"):
        world = World()
        world.point("home", "a password", on=False)
        world.point("cellar", "hidden password", hidden=True)
        networks = [HOME, {"ssid": "cellar", "password": "hidden password"}]
        rig = Rig(radio, networks, world=world)
        assert rig.connect(90000), radio
        assert rig.wifi.name == "cellar"


def test_a_scan_holds_up_nothing_on_esp32_and_is_not_made_where_it_would():
    networks = [HOME, {"ssid": "work", "password": "another password"}]
    for radio in RADIOS:
        rig = Rig(radio, networks)
        assert rig.connect(60000)
        assert (len(rig.module.called("scan")) > 0) == (radio == "esp32"), radio
        assert smooth(rig, radio)
    rig = Rig("cyw43", networks, quirks={"scan": "blocking"})  # for whoever wants it anyway
    assert rig.connect(60000) and len(rig.module.called("scan")) == 1
